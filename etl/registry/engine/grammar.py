"""The SQL that a transform may use: what means the same on DuckDB, PostgreSQL and Spark, and reads nothing but tables.

It is a list of what is allowed. All else is refused by name, so that no function that reads files or settings can pass.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

#: What is wrong, and what to do.
Refusal = tuple[str, str]

#: The allowed parts of each allowed node that has others too; of a node that is not here, every part is allowed.
_PARTS: dict[type[exp.Expr], str] = {
    exp.Select: "with_ distinct expressions from_ joins where group having order",
    exp.Union: "with_ this expression distinct order",
    exp.Except: "with_ this expression distinct order",
    exp.Intersect: "with_ this expression distinct order",
    exp.With: "expressions",
    exp.CTE: "this alias",
    exp.Subquery: "this alias",
    exp.Table: "this alias",
    exp.TableAlias: "this columns",
    exp.Join: "this on kind side",
    exp.Group: "expressions",
    exp.Order: "expressions",
    exp.Ordered: "this desc nulls_first",
    exp.Distinct: "expressions",
    exp.Column: "this table",
    exp.Star: "",
    exp.DataType: "this",
    exp.Interval: "this unit",
    exp.Window: "this over partition_by order spec",
    exp.WindowSpec: "kind start start_side end end_side",
    exp.In: "this expressions query",
    exp.Between: "this low high",
    exp.Min: "this",
    exp.Max: "this",
    exp.Rank: "",
    exp.DenseRank: "",
    exp.Lag: "this offset",
    exp.Lead: "this offset",
    exp.Cast: "this to",
    exp.Coalesce: "this expressions",
    exp.Substring: "this start length",
    exp.Length: "this",
    exp.TimeToStr: "this format",
}


def _nodes(names: str) -> tuple[type[exp.Expr], ...]:
    return tuple(getattr(exp, name) for name in names.split())


AGGREGATES = (exp.Count, exp.Sum, exp.Min, exp.Max)
PREDICATES = _nodes("And Or Not EQ NEQ GT GTE LT LTE Is NullSafeEQ NullSafeNEQ Between In Exists Like")
ALLOWED = frozenset(
    (
        *_PARTS,
        *PREDICATES,
        *_nodes("From Where Having Alias Identifier Paren Literal Null Boolean Var Filter"),
        *_nodes("Add Sub Mul Mod IntDiv Neg DPipe Count Sum RowNumber"),
        *_nodes("Case If Nullif Greatest Least Abs DateDiff Replace"),
    )
)
_REMEDY = "Use what etl/registry/engine/grammar.py allows."
_INSTANTS = (exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPNTZ)
_CAST_TO = frozenset({"DATE", "TIMESTAMP", "BIGINT", "INT", "TEXT", "VARCHAR"})
_UNITS = frozenset({"DAY", "MONTH", "YEAR", "HOUR", "MINUTE"})
_FORMATS = frozenset({"%Y-%m", "%Y", "%m", "%Y-%m-%d"})


def refused_syntax(tree: exp.Expr) -> Iterator[Refusal]:
    """What the parsed SELECT uses that is not on the list."""
    for node in tree.walk():
        if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
            yield (
                f"uses the function {node.name.lower()}.",
                _REMEDY,
            )
        elif type(node) not in ALLOWED:
            yield f"uses {_shown(node)}.", _REMEDY
        for part, value in node.args.items():
            if value and part not in _PARTS.get(type(node), part).split():
                yield f"uses {part.strip('_').replace('_', ' ').upper()} in {_shown(node)}.", "Write it without."
        if isinstance(node, exp.Subquery | exp.Exists | exp.In):
            yield from _misplaced(node)
        if isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
            yield "selects *.", "Name the columns."
        if isinstance(node, exp.Join) and node.kind in ("SEMI", "ANTI"):
            yield f"uses a {node.kind} join.", "Use WHERE EXISTS or IN."


def _shown(node: exp.Expr) -> str:
    return type(node).__name__ if isinstance(node, exp.Query) else f"{type(node).__name__}: {node.sql('duckdb')[:60]}"


def _misplaced(node: exp.Expr) -> Iterator[Refusal]:
    """Spark takes a subquery as a source, or in a WHERE that it stands in directly."""
    asks = isinstance(node, exp.Exists) or (isinstance(node, exp.In) and node.args.get("query"))
    if isinstance(node, exp.Subquery):
        if not isinstance(node.parent, exp.From | exp.Join | exp.SetOperation | exp.In | exp.CTE | exp.Subquery):
            yield "uses a SELECT as a value.", "Join to a common table expression instead."
    elif asks:
        parent = node.parent
        while isinstance(parent, exp.And | exp.Or | exp.Not | exp.Paren):
            parent = parent.parent
        if not isinstance(parent, exp.Where):
            yield "asks EXISTS or IN (SELECT …) outside a WHERE.", "Join to a common table expression instead."


def refused_meaning(tree: exp.Expr) -> Iterator[Refusal]:
    """What the SELECT means, now that its types are known, that engines compute differently."""
    for node in tree.walk():
        match node:
            case exp.Literal() if not node.is_string and not node.is_int:
                yield f"uses the fraction {node.name}.", "Multiply both sides: write 4 * a < b for a < 0.25 * b."
            case exp.DateDiff() if node.text("unit").upper() != "DAY":
                yield "counts another unit than days.", "Use date_diff('day', …), or compare with an added INTERVAL."
            case exp.Sub() if _is_date(node.this) and _is_date(node.expression):
                yield "subtracts a date from a date.", "Use date_diff('day', earlier, later)."
            case exp.Sum() if node.this.is_type(exp.DataType.Type.BOOLEAN):
                yield "sums a condition.", "Write sum(CASE WHEN … THEN 1 ELSE 0 END)."
            case exp.TimeToStr() if node.args["format"].name not in _FORMATS:
                yield f"formats a day as '{node.args['format'].name}'.", f"Use one of {', '.join(sorted(_FORMATS))}."
            case exp.Interval() if node.text("unit").upper() not in _UNITS or not node.name.isdigit():
                yield "adds an interval that is not a plain number of a plain unit.", "Write INTERVAL 5 DAY."
            case exp.Cast():
                yield from _cast(node)
            case exp.Count() if _counted(node) > 1:
                yield "counts several columns at once.", "Count the rows of a SELECT DISTINCT."
            case exp.Group():
                yield from _group(node)


def _counted(node: exp.Count) -> int:
    columns = node.this.expressions if isinstance(node.this, exp.Distinct) else [node.this]
    return len(columns) + len(node.expressions)


def _is_date(node: exp.Expr) -> bool:
    return node.is_type(exp.DataType.Type.DATE, *_INSTANTS)


def _cast(node: exp.Cast) -> Iterator[Refusal]:
    target = node.to.sql("duckdb").upper()
    if target not in _CAST_TO:
        yield f"casts to {target}.", f"Use one of {', '.join(sorted(_CAST_TO))}."
    elif node.this.is_type(exp.DataType.Type.BOOLEAN):
        yield "casts a condition.", "Write CASE WHEN … THEN 1 ELSE 0 END."
    elif node.this.is_type(exp.DataType.Type.DOUBLE, exp.DataType.Type.FLOAT) and target in ("BIGINT", "INT"):
        yield "casts a fraction to a whole number, which engines round differently.", "Stay with whole numbers."
    elif node.this.is_type(*_INSTANTS) and target in ("TEXT", "VARCHAR"):
        yield "casts an instant to text.", "Use strftime on its local day."


def _group(node: exp.Group) -> Iterator[Refusal]:
    if any(not each.find(exp.Column) for each in node.expressions):
        yield "groups by a constant, which PostgreSQL refuses.", "Leave the constant out of GROUP BY."
