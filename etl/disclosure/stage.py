"""Disclosure control of a whole release: all datasets with rules are protected together, and with all earlier releases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

from datasets.contract import SUMMED
from datasets.declaration import Declaration
from datasets.fault import Fault, FaultError
from datasets.library import Library
from datasets.link import LINKS_FILE, Link
from datasets.protection import Rules
from etl.aggregate import Aggregated
from etl.disclosure import noisy
from etl.disclosure.assemble import Guarded, Name, assemble
from etl.disclosure.cube import Cube, Keys, make_cube, make_shares
from etl.disclosure.protected import SEAL, Disclosed, Protected, Revision, Secret
from etl.disclosure.published import Shown, published
from etl.disclosure.relations import relations
from etl.disclosure.vault import Vault
from etl.protect.suppress import Unprotectable, suppress
from etl.protect.system import System
from etl.redacted import withhold


def protect(
    aggregated: Sequence[Aggregated],
    library: Library,
    vault: Vault | None = None,
    withdrawn: frozenset[Name] = frozenset(),
) -> Disclosed:
    """Hide what the policies demand of this release and of those in the ledger of the `vault`, taken together.

    Figures `withdrawn` from earlier releases are not shown again, whatever the policy says.
    Raises FaultError if a policy is not for a dataset's origin, or cannot be kept.
    """
    _refuse(fault for each in aggregated for fault in _unfit(each.declaration, library))
    ruled = ((each, each.declaration.rules(library.policies[each.declaration.policy])) for each in aggregated)
    guarded = {each.declaration.slug: _guard(each, rules, withdrawn) for each, rules in ruled if rules}
    blurred = {slug: each for slug, each in guarded.items() if each.rules.method != "suppression"}
    exact = {slug: each for slug, each in guarded.items() if slug not in blurred}
    _refuse(fault for each in blurred.values() for fault in _unblurred(each, library.links, vault))
    _refuse(fault for link in library.links for fault in _half_hidden(link, aggregated, guarded))
    system = assemble(exact, library.links, zeros=vault is not None)
    if vault is not None:
        system = vault.ledger.join(system)
    secret = Secret(system, _hidden(system))
    shown = {slug: Shown(each, each.cube, secret.hidden) for slug, each in exact.items()}
    for slug, each in blurred.items():
        assert vault is not None
        found = noisy.add_noise(each.cube, each.rules, library, vault)
        shown[slug] = Shown(each, found.cube, frozenset(), found.noise)
    datasets = (
        published(each, shown[each.declaration.slug], library.policies[each.declaration.policy])
        if each.declaration.slug in shown
        else Protected(withhold(each, withdrawn), library.policies[each.declaration.policy], SEAL)
        for each in aggregated
    )
    revisions = _revisions(exact, vault) if vault is not None else ()
    return Disclosed(tuple(datasets), tuple(relations(exact, library.links)), tuple(revisions), secret)


def _hidden(system: System) -> frozenset[Hashable]:
    try:
        return suppress(system).hidden
    except Unprotectable as error:
        message = f"{len(error.names)} figures cannot be protected, since all that could hide them is public already."
        remedy = "Withdraw from earlier releases what reveals them: python -m etl redact."
        raise FaultError([Fault("release", "protection", message, remedy)]) from error


def _revisions(guarded: Mapping[str, Guarded], vault: Vault) -> Iterator[Revision]:
    """The figures, shown or hidden, that are not those which their first release had."""
    for each in guarded.values():
        for keys, figures in each.cube.figures.items():
            for measure, value in figures.items():
                vintage = vault.ledger.vintage(each.name(measure, keys), value)
                if vintage:
                    yield Revision(each.declaration.slug, measure, keys, vintage)


def _refuse(found: Iterable[Fault]) -> None:
    faults = list(found)
    if faults:
        raise FaultError(faults)


def _unfit(declaration: Declaration, library: Library) -> Iterator[Fault]:
    policy = library.policies[declaration.policy]
    if declaration.origin not in policy.origins:
        shown = str(declaration.path.relative_to(library.root))
        message = f"policy '{policy.code}' is not for figures of the origin '{declaration.origin}'."
        remedy = f"It is for: {', '.join(policy.origins)}. Choose a policy that protects them."
        yield Fault(shown, "policy", message, remedy)


def _unblurred(guarded: Guarded, links: Iterable[Link], vault: Vault | None) -> Iterator[Fault]:
    """Why a dataset cannot be published with noise."""
    slug = guarded.declaration.slug
    yield from noisy.unfit(guarded.declaration, guarded.rules)
    if any(slug in (link.left.dataset, link.right.dataset) for link in links):
        message = "another dataset has the same figures without noise."
        yield Fault(f"{slug}/dataset.yaml", "policy", message, "Choose the method 'suppression', or withdraw the link.")
    if vault is None:
        remedy = "Build with the operator's work folder: --store."
        yield Fault(f"{slug}/dataset.yaml", "policy", "noise needs a salt and a budget.", remedy)


def _half_hidden(link: Link, aggregated: Sequence[Aggregated], guarded: Mapping[str, Guarded]) -> Iterator[Fault]:
    """A link to a dataset that shows everything, and so what the other one hides."""
    sides = {link.left.dataset, link.right.dataset}
    if sides <= {each.declaration.slug for each in aggregated} and 0 < len(sides & guarded.keys()) < len(sides):
        names = " and ".join(sorted(sides))
        message = f"{names} share figures, and the policy of only one of them hides any."
        yield Fault(LINKS_FILE, "links", message, "Give both a policy with rules, or withdraw one figure.")


def _guard(dataset: Aggregated, rules: Rules, withdrawn: frozenset[Name]) -> Guarded:
    cube = make_cube(dataset)
    if rules.about_contributors:
        _refuse(_miscounted(dataset, cube))
    return Guarded(cube, rules, make_shares(cube, dataset.contributions), withdrawn)


def _miscounted(dataset: Aggregated, cube: Cube) -> Iterator[Fault]:
    """Rows of which the contributors do not make up the figure: a rule about them would let too much through."""
    summed: Counter[tuple[Keys, str]] = Counter()
    given: dict[str, None] = {}
    for each in dataset.contributions:
        for measure, amount in each.amounts.items():
            summed[each.keys, measure] += amount
            given[measure] = None
    rows = [keys for keys in cube.figures if SUMMED not in keys]
    wrong = sum(any(summed[keys, name] != cube.figures[keys][name] for name in given) for keys in rows)
    wrong += len({keys for keys, _ in summed} - set(rows))
    if wrong or not given:
        message = f"does not give the figures of {wrong} rows." if given else "gives no contribution."
        remedy = "Correct the SELECT: for each row its amounts sum to the row's figures."
        yield Fault(f"{dataset.declaration.slug}/contributions.sql", "rows", message, remedy)
