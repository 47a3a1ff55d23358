"""Agreement of what a dataset says of its protection with its columns and with the rules of its policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from datasets.declaration import Declaration
from datasets.document import Policy
from datasets.protection import RECORD_KEYS, Rules, loosened, tightened
from datasets.schema import CONTRIBUTIONS_FILE

Complaint = tuple[str, str, str]


def wrong_protection(declaration: Declaration, policy: Policy) -> Iterator[Complaint]:
    """What is unknown, missing, there twice or looser than the policy: place, message, remedy."""
    if policy.rules is None:
        yield from _superfluous(declaration, policy)
        return
    yield from _wrong_tightening(declaration, policy.rules)
    yield from _wrong_cover(declaration)
    yield from _wrong_counts(declaration)
    yield from _wrong_parts(declaration)
    try:
        rules = tightened(policy.rules, declaration.tighten)
    except TypeError:
        yield "tighten", "adds a rule without all of its keys.", "Give each key that the rule needs."
        return
    yield from _wrong_for_rules(declaration, rules)


def _superfluous(declaration: Declaration, policy: Policy) -> Iterator[Complaint]:
    said = {
        "protect": (*declaration.protect, *declaration.public),
        "tighten": declaration.tighten,
        "parts": declaration.parts,
        "withheld": declaration.withheld,
        CONTRIBUTIONS_FILE: declaration.contributions,
    }
    for place, value in said.items():
        if value:
            yield place, f"the policy '{policy.code}' hides nothing.", "Remove it, or choose a policy with rules."


def _wrong_tightening(declaration: Declaration, rules: Rules) -> Iterator[Complaint]:
    for key in loosened(rules, declaration.tighten):
        yield f"tighten.{key}", "is looser than the policy.", "Make it stricter, or leave it out."


def _wrong_cover(declaration: Declaration) -> Iterator[Complaint]:
    """Every figure has its rule: the measures that are no computed ratios, each once, and the withheld columns."""
    protected = [name for group in declaration.protect for name in group.measures]
    named = Counter([*protected, *(name for entry in declaration.public for name in entry.measures)])
    for column in declaration.measures:
        if column.name in declaration.computed:
            if named[column.name]:
                yield "protect", f"'{column.name}' is computed and follows its parts.", "Leave it out."
        elif named[column.name] != 1:
            times = "in no entry" if not named[column.name] else "in several entries"
            yield "protect", f"'{column.name}' is {times}.", "Name each measure once, under persons or public."
        elif column.type != "integer" and column.name in protected:
            yield "protect", f"'{column.name}' is no whole number.", "Declare it as a ratio with decimals."
    measures = {column.name for column in declaration.measures}
    for name in sorted(set(named) - measures):
        yield "protect", f"'{name}' is not a measure of this dataset.", f"Use one of: {', '.join(sorted(measures))}."


def _wrong_counts(declaration: Declaration) -> Iterator[Complaint]:
    """Columns that count persons: there, whole numbers, and used if they are withheld."""
    withheld = [column.name for column in declaration.withheld]
    known = {column.name for column in declaration.measures if column.type == "integer"} | set(withheld)
    counts = {f"protect[{place}].persons": each.persons for place, each in enumerate(declaration.protect)}
    counts |= {f"parts[{place}].persons": each.persons for place, each in enumerate(declaration.parts)}
    for place, name in counts.items():
        if name is not None and name not in known:
            yield place, f"'{name}' counts nothing here.", f"Use one of: {', '.join(sorted(known))}."
    keys = {f"{name}{RECORD_KEYS}" for group in declaration.protect for name in group.measures}
    for name in sorted(set(withheld) - set(counts.values()) - keys):
        yield (
            "withheld",
            f"'{name}' is not used.",
            "Name it as the persons of an entry of protect or parts, or remove it.",
        )
    if len({*withheld, *declaration.by_name}) < len(withheld) + len(declaration.by_name):
        yield "withheld", "a name is there twice.", "Give each column its own name."


def _wrong_parts(declaration: Declaration) -> Iterator[Complaint]:
    protected = {name for group in declaration.protect for name in group.measures}
    for place, each in enumerate(declaration.parts):
        for name in sorted({each.part, each.whole} - protected):
            yield f"parts[{place}]", f"'{name}' is not a protected measure.", "Name measures of entries with persons."
        if each.part == each.whole:
            yield f"parts[{place}]", "is a part of itself.", "Name the whole."


def _wrong_for_rules(declaration: Declaration, rules: Rules) -> Iterator[Complaint]:
    for place, group in enumerate(declaration.protect):
        if rules.persons is not None and group.persons is None:
            yield f"protect[{place}].persons", "is missing.", "Name the measure or withheld column that counts persons."
    if rules.about_contributors and not declaration.contributions.strip():
        yield "policy", "has a rule about contributors.", f"Write {CONTRIBUTIONS_FILE}: who contributes how much."
    if declaration.contributions and not rules.about_contributors:
        yield CONTRIBUTIONS_FILE, "is not used: the policy has no rule about contributors.", "Remove it."
    if rules.days == "with_count":
        yield from _days_alone(declaration)


def _days_alone(declaration: Declaration) -> Iterator[Complaint]:
    """A sum of days tells of the count behind it, so the two go together."""
    groups = {name: place for place, group in enumerate(declaration.protect) for name in group.measures}
    for ratio in declaration.computed.values():
        column = declaration.by_name.get(ratio.numerator)
        if column is None or column.unit != "day" or ratio.numerator not in groups:
            continue
        if groups[ratio.numerator] != groups.get(ratio.denominator):
            message = f"'{ratio.numerator}' is not with '{ratio.denominator}', its count."
            yield "protect", message, "Put both into one entry: a sum of days is hidden with its count."
