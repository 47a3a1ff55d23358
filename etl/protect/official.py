"""Protection of figures that are public already: each passes through by a policy that says why it may."""

from __future__ import annotations

from dataclasses import dataclass

from datasets.document import Policy
from datasets.fault import Fault, FaultError
from datasets.library import Library
from etl.aggregate import Aggregated

_SEAL = object()


@dataclass(frozen=True)
class Protected:
    """A dataset that disclosure control has let through under `policy`. Made by `protect` alone."""

    dataset: Aggregated
    policy: Policy
    seal: object

    def __post_init__(self) -> None:
        """Refuse a value that did not come through `protect`."""
        if self.seal is not _SEAL:
            raise TypeError("Protected is made by etl.protect.protect only. Remedy: pass the dataset through it.")


def protect(aggregated: Aggregated, library: Library) -> Protected:
    """Apply the dataset's policy; raises FaultError if its figures are not public already and no rule protects them."""
    declaration = aggregated.declaration
    policy = library.policies[declaration.policy]
    if declaration.origin != "official" and not policy.protect:
        shown = str(declaration.path.relative_to(library.root))
        message = f"policy '{policy.code}' protects nothing, but the origin is '{declaration.origin}'."
        raise FaultError(
            [Fault(shown, "policy", message, "Only official figures can be published yet; leave this dataset out.")]
        )
    return Protected(aggregated, policy, _SEAL)
