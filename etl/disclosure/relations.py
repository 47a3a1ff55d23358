"""The relations between published figures, as a release states them: whoever attacks it need not guess them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from datasets.link import Link, Side
from etl.disclosure.assemble import Guarded, holding
from etl.disclosure.protected import Relation


def relations(guarded: Mapping[str, Guarded], links: Iterable[Link]) -> Iterator[Relation]:
    """Everything that `assemble` makes an equation of, and the ratios, which bound what they are made of."""
    for slug, each in guarded.items():
        declaration = each.declaration
        for row_sum in declaration.row_sums:
            terms = {"measure": row_sum.measure, "plus": list(row_sum.plus), "minus": list(row_sum.minus)}
            yield Relation("row_sum", {"dataset": slug, **terms})
        for identity in declaration.identities:
            sides = {"total": identity.total, "plus": list(identity.plus), "minus": list(identity.minus)}
            which = {"dimension": identity.dimension, "measures": list(identity.measures)}
            yield Relation("identity", {"dataset": slug, **which, **sides})
        for part in declaration.parts:
            said = {"part": part.part, "whole": part.whole, "persons": part.persons}
            yield Relation("part", {"dataset": slug, **said})
        for ratio in declaration.computed.values():
            terms = {"measure": ratio.measure, "numerator": ratio.numerator, "denominator": ratio.denominator}
            yield Relation("ratio", {"dataset": slug, **terms, "scale": ratio.scale, "decimals": ratio.decimals})
    for link in holding(links, guarded):
        yield Relation("same", {"left": _side(link.left), "right": _side(link.right), "by": list(link.by)}, link.title)


def _side(side: Side) -> dict[str, Any]:
    return {"dataset": side.dataset, "measure": side.measure, "where": dict(side.where)}
