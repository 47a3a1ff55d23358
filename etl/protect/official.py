"""Protection of figures that need no rule: public already, or simulated. Each passes by a policy that says why it may."""

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
    """Apply the dataset's policy; raises FaultError if it is not for figures of this origin: nothing protects them then."""
    declaration = aggregated.declaration
    policy = library.policies[declaration.policy]
    if declaration.origin not in policy.origins:
        shown = str(declaration.path.relative_to(library.root))
        message = f"policy '{policy.code}' is not for figures of the origin '{declaration.origin}'."
        remedy = f"It is for: {', '.join(policy.origins)}. Leave this dataset out until a policy protects it."
        raise FaultError([Fault(shown, "policy", message, remedy)])
    return Protected(aggregated, policy, _SEAL)
