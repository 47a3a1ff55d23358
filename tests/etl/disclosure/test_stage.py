"""The stage as a whole: what it hides, what it never changes, and what it never tells."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.contract import Status
from datasets.declaration import Ratio, RowSum
from datasets.fault import FaultError
from datasets.library import Library
from datasets.protection import Part, ProtectedGroup, PublicMeasures
from datasets.ratio import quotient
from etl.disclosure import Disclosed, Protected
from etl.disclosure.vault import Vault
from etl.protect.system import Cell, System
from etl.registry.contributions import Contribution
from tests.datasets.folders import TEXT
from tests.etl.disclosure.small import (
    OWNERSHIP,
    PERIOD,
    PERSONS,
    REGION,
    Keys,
    Small,
    World,
    declare,
    figures,
    hidden,
    link,
    measure,
    ratio,
    true_figure,
    withheld,
)

MONTHS = ("2026-03", "2026-04")
REGIONS = ("KZ-71", "KZ-75", "KZ-79")
#: The withheld number of persons is one that no figure can be mistaken for.
PERSONS_OF = {"few": 3, "many": 918_273}
CASES = declare(
    "cases",
    (
        REGION,
        PERIOD,
        OWNERSHIP,
        measure("services"),
        measure("amount_kzt", unit="kzt"),
        measure("patients", "not_additive"),
        measure("clinics"),
        ratio("share"),
    ),
    withheld=(withheld("persons"),),
    protect=(ProtectedGroup(("services", "amount_kzt", "patients"), "persons"),),
    public=(PublicMeasures(("clinics",), TEXT),),
    ratios=(Ratio("share", "amount_kzt", "services", 1, decimals=1),),
)
ROWS: dict[Keys, dict[str, int]] = {
    (region, month, ownership): {
        "services": services,
        "amount_kzt": amount,
        "patients": services // 2,
        "clinics": 3,
        "persons": PERSONS_OF["few" if services == 7 else "many"],
    }
    for region, month, ownership, services, amount in (
        ("KZ-71", "2026-03", "state", 7, 0),
        ("KZ-71", "2026-03", "private", 300, 4_000),
        ("KZ-71", "2026-04", "state", 410, 5_000),
        ("KZ-71", "2026-04", "private", 320, 6_000),
        ("KZ-75", "2026-03", "state", 330, 8_000),
        ("KZ-75", "2026-03", "private", 340, 9_000),
        ("KZ-75", "2026-04", "state", 0, 0),
        ("KZ-75", "2026-04", "private", 360, 2_000),
        ("KZ-79", "2026-03", "state", 370, 3_000),
        ("KZ-79", "2026-04", "private", 380, 1_000),
    )
}


@pytest.fixture(scope="module")
def world(library: Library) -> World:
    return World(library, (Small(CASES, ROWS),), {**PERSONS, "money": {"percent": 10}})


@pytest.fixture(scope="module")
def cases(world: World) -> Protected:
    return _only(world.protect())


def _only(disclosed: Disclosed) -> Protected:
    (protected,) = disclosed.datasets
    return protected


def _assert_nothing_altered(small: Small, protected: Protected) -> None:
    """Each published number is the true one, computed ratios of true ones."""
    declaration = small.declaration
    for (name, keys), figure in figures(protected).items():
        if isinstance(figure, Status):
            assert figure in (Status.SUPPRESSED, Status.NOT_APPLICABLE)
        elif made := declaration.computed.get(name):
            top, base = (true_figure(small, each, keys) for each in (made.numerator, made.denominator))
            assert figure == quotient(top, base, made.scale, made.decimals or 0)
        else:
            assert figure == true_figure(small, name, keys)


def test_a_row_is_hidden_with_its_group_its_ratio_and_what_would_give_it_away(cases: Protected) -> None:
    found = figures(cases)
    row = ("KZ-71", "2026-03", "state")
    assert {name for name in ("services", "patients", "share") if found[name, row] is Status.SUPPRESSED} == {
        "services",
        "patients",
        "share",
    }
    assert found["clinics", row] == 3, "what is public stays"
    others = {keys for name, keys in hidden(cases) if name == "services"} - {row}
    assert others, "a single hidden figure would follow from the totals"


def test_noughts_stay_published(cases: Protected) -> None:
    found = figures(cases)
    assert found["amount_kzt", ("KZ-71", "2026-03", "state")] == 0
    assert found["services", ("KZ-75", "2026-04", "state")] == 0
    assert found["share", ("KZ-75", "2026-04", "state")] is Status.NOT_APPLICABLE


def test_every_total_that_is_not_hidden_is_there(cases: Protected) -> None:
    found = figures(cases)
    assert found["services", ("*", "*", "*")] == sum(row["services"] for row in ROWS.values())
    assert found["patients", ("*", "*", "*")] is Status.NOT_APPLICABLE
    assert len(cases.totals.rows) == len({keys for name, keys in found if "*" in keys})
    for (name, keys), figure in found.items():
        if name == "share" and not isinstance(figure, Status):
            assert figure == quotient(
                int(found["amount_kzt", keys]),  # type: ignore[arg-type]
                int(found["services", keys]),  # type: ignore[arg-type]
                1,
                1,
            )


def test_no_published_number_is_altered(world: World, cases: Protected) -> None:
    _assert_nothing_altered(world.datasets[0], cases)


numbers = st.integers(0, 12)
drawn_rows = st.dictionaries(
    st.tuples(st.sampled_from(REGIONS), st.sampled_from(MONTHS), st.sampled_from(("state", "private"))),
    st.tuples(numbers, numbers, numbers),
    min_size=1,
)
PARTED = declare(
    "parted",
    (REGION, PERIOD, OWNERSHIP, measure("all"), measure("yes"), measure("no"), ratio("share")),
    row_sums=(RowSum("all", ("yes", "no")),),
    parts=(Part("yes", "all"),),
    ratios=(Ratio("share", "yes", "all", decimals=1),),
)
ACTS = declare("acts", (REGION, PERIOD, measure("acts")))


@settings(max_examples=8, deadline=None)
@given(drawn=drawn_rows)
def test_random_datasets_are_protected_without_altering_a_number(
    library: Library, drawn: dict[Keys, tuple[int, int, int]]
) -> None:
    rows = {keys: {"all": yes + no, "yes": yes, "no": no} for keys, (yes, no, _) in drawn.items()}
    parted = Small(PARTED, rows)
    sums: dict[Keys, dict[str, int]] = {}
    for (region, month, _), row in rows.items():
        sums.setdefault((region, month), {"acts": 0})["acts"] += row["all"]
    acts = Small(ACTS, sums)
    links = (link(("acts", "acts"), ("parted", "all"), ("region", "period")),)
    disclosed = World(library, (parted, acts), links=links).protect()
    for small, protected in zip((parted, acts), disclosed.datasets, strict=True):
        _assert_nothing_altered(small, protected)
        for name, keys in {(name, keys) for name, keys in figures(protected) if name not in PARTED.computed}:
            shown = figures(protected)[name, keys]
            assert isinstance(shown, Status) or shown == 0 or shown >= 5
    hidden_sums = {keys[:2] for name, keys in hidden(disclosed.datasets[0]) if name == "all" and keys[2] == "*"}
    assert hidden_sums == {keys for _, keys in hidden(disclosed.datasets[1])}, "two names of one figure"


def test_a_dataset_without_rules_is_let_through_as_it_is(world: World, library: Library) -> None:
    small = replace(world.datasets[0], declaration=replace(CASES, policy="public_control", protect=(), public=()))
    protected = _only(World(library, (small,)).protect())
    assert protected.protection is None and protected.totals.rows == ()
    assert protected.dataset.table == small.aggregated().table


def test_the_order_of_datasets_does_not_matter(library: Library) -> None:
    rows = {("KZ-71", month): {"acts": 4 + at} for at, month in enumerate(MONTHS)}
    one = Small(ACTS, rows)
    two = replace(one, declaration=replace(ACTS, slug="other"))
    forth, back = (World(library, pair).protect().datasets for pair in ((one, two), (two, one)))
    assert [figures(each) for each in forth] == [figures(each) for each in reversed(back)]


# --- what must never leave the stage


def _values(protected: Protected) -> Iterator[object]:
    """Every value that there is in a protected dataset, however deep."""
    left: list[object] = [protected]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            left += [*each, *each.values()]
        elif isinstance(each, (tuple, list, set, frozenset)):
            left += each
        elif hasattr(each, "__dataclass_fields__"):
            left += [getattr(each, name) for name in each.__dataclass_fields__]
        else:
            yield each


def test_what_is_withheld_or_hidden_is_nowhere_in_what_is_let_through(world: World) -> None:
    rows = {
        keys: row | {"services": 54_321} if keys == ("KZ-71", "2026-03", "state") else row for keys, row in ROWS.items()
    }
    small = Small(CASES, {k: v | {"persons": 3} if v["services"] == 54_321 else v for k, v in rows.items()})
    protected = _only(replace(world, datasets=(small,)).protect())
    text = repr(protected) + repr(list(_values(protected)))
    assert ("services", ("KZ-71", "2026-03", "state")) in hidden(protected)
    for secret in (54_321, 54_321 // 2, PERSONS_OF["many"]):
        assert str(secret) not in text
    assert protected.declaration.withheld == ()
    assert protected.dataset.contributions == () and protected.dataset.checks == ()


def test_files_of_a_release_have_nothing_withheld(world: World, tmp_path: Path) -> None:
    release = world.publish(tmp_path)
    with closing(sqlite3.connect(release / "release.db")) as connection:
        dump = "\n".join(connection.iterdump())
    assert str(PERSONS_OF["many"]) not in dump
    for path in release.rglob("*"):
        if path.suffix in (".csv", ".json"):
            assert str(PERSONS_OF["many"]) not in path.read_text(encoding="utf-8-sig")


def test_another_hidden_value_gives_the_same_bytes(world: World, cases: Protected, tmp_path: Path) -> None:
    """The digests of the input, too: one of the true rows would let anyone try out what was in them."""
    release = world.publish(tmp_path / "one")
    group = hidden(cases)
    square = [
        (("KZ-71", "2026-03", "state"), 1),
        *((keys, sign) for keys, sign in _cycle(group, ("KZ-71", "2026-03", "state")) if sign),
    ]
    rows = {keys: dict(row) for keys, row in ROWS.items()}
    for keys, sign in square:
        rows[keys]["services"] += sign
    assert rows != ROWS
    other = replace(world, datasets=(Small(CASES, rows),))
    assert hidden(_only(other.protect())) == group
    again = other.publish(tmp_path / "two")
    files = {path.relative_to(release): path.read_bytes() for path in release.rglob("*") if path.is_file()}
    assert files == {path.relative_to(again): path.read_bytes() for path in again.rglob("*") if path.is_file()}


def _cycle(group: set[tuple[str, Keys]], start: Keys) -> list[tuple[Keys, int]]:
    """Hidden rows that change with the one at `start`, so that every published sum stays as it is."""
    rows = {keys for name, keys in group if name == "services" and "*" not in keys} - {start}
    sums = {keys for name, keys in group if name == "services" and "*" in keys}
    found = next(each for each in _subsets(sorted(rows)) if _balanced([(start, 1), *each], sums))
    return list(found)


def _subsets(rows: list[Keys]) -> Iterator[list[tuple[Keys, int]]]:
    if not rows:
        yield []
        return
    for rest in _subsets(rows[1:]):
        for sign in (0, -1, 1):
            yield [(rows[0], sign), *rest]


def _balanced(changes: list[tuple[Keys, int]], sums: set[Keys]) -> bool:
    margins: dict[Keys, int] = {}
    for keys, sign in changes:
        for over in range(1, 8):
            margin = tuple("*" if over >> place & 1 else key for place, key in enumerate(keys))
            margins[margin] = margins.get(margin, 0) + sign
    return all(change == 0 or margin in sums for margin, change in margins.items())


def test_nothing_secret_is_printed(world: World, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    vault = Vault(tmp_path / "store", "series")
    disclosed = world.protect(vault)
    assert disclosed.secret is not None and disclosed.secret.hidden
    assert "Secret()" in repr(disclosed) and str(PERSONS_OF["many"]) not in repr(disclosed)
    assert repr(disclosed.secret) == str(disclosed.secret) == f"{disclosed.secret}" == "Secret()"
    world.publish(tmp_path / "releases", vault)
    assert "".join(capfd.readouterr()) == ""


# --- what is refused


def _faults(world: World, vault: Vault | None = None) -> str:
    with pytest.raises(FaultError) as caught:
        world.protect(vault)
    return str(caught.value)


def test_a_policy_for_another_origin_is_refused(world: World) -> None:
    small = replace(world.datasets[0], declaration=replace(CASES, origin="registry", path=world.library.root / "cases"))
    assert "is not for figures of the origin 'registry'" in _faults(replace(world, datasets=(small,)))


def test_a_link_to_a_dataset_that_shows_everything_is_refused(library: Library) -> None:
    rows = {("KZ-71", "2026-03"): {"acts": 4}, ("KZ-75", "2026-03"): {"acts": 40}}
    protected = Small(ACTS, rows)
    public = Small(replace(ACTS, slug="public", policy="public_control", protect=()), rows)
    links = (link(("acts", "acts"), ("public", "acts"), ("region", "period")),)
    world = World(library, (protected, public), links=links)
    assert "acts and public share figures, and the policy of only one of them hides any" in _faults(world)
    replace(world, datasets=(protected,)).protect()


def test_contributions_that_do_not_make_up_the_figures_are_refused(library: Library) -> None:
    rows = {("KZ-71", "2026-03"): {"acts": 40}, ("KZ-75", "2026-03"): {"acts": 50}}
    given = [
        Contribution(keys, str(clinic), {"acts": row["acts"] // 2}) for keys, row in rows.items() for clinic in (1, 2)
    ]
    world = World(library, (Small(ACTS, rows, tuple(given)),), {"organisations": {"minimum": 2}})
    assert hidden(_only(world.protect())) == set()
    short = replace(world, datasets=(Small(ACTS, rows, tuple(given[1:])),))
    assert "does not give the figures of 1 rows" in _faults(short)
    assert "gives no contribution" in _faults(replace(world, datasets=(Small(ACTS, rows),)))
    stray = Contribution(("KZ-79", "2026-03"), "1", {"acts": 3})
    assert "of 1 rows" in _faults(replace(world, datasets=(Small(ACTS, rows, (*given, stray)),)))


def test_noise_is_refused_where_it_protects_nothing(library: Library) -> None:
    said = {**PERSONS, "method": "cell_key", "noise": {"most": 2}}
    rows = {("KZ-71", "2026-03"): {"acts": 4}}
    world = World(library, (Small(ACTS, rows), Small(replace(ACTS, slug="same"), rows)), said)
    faults = _faults(replace(world, links=(link(("acts", "acts"), ("same", "acts"), ("region", "period")),)))
    for expected in (
        "no column of record keys",
        "a noisy nought is no nought",
        "needs a salt",
        "the same figures without",
    ):
        assert expected in faults
    money = replace(ACTS, columns=(REGION, PERIOD, measure("acts", unit="kzt")))
    assert "is not a count that may be summed" in _faults(World(library, (Small(money, rows),), said))


def test_figures_that_cannot_be_protected_stop_the_stage_and_are_not_told(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_another_equation(system: System) -> object:
        (cell,) = (
            cell for cell in system.cells if cell.sensitive and "*" not in cell.name[2] and "/" not in cell.name[2][1]
        )  # type: ignore[index]
        from etl.protect import suppress as module
        from etl.protect.system import State, Term

        known = Cell("everybody", cell.value, state=State.KNOWN)
        equation = (Term(cell.name, 1), Term("everybody", -1))
        return module.suppress(System((*system.cells, known), (*system.equations, equation)))

    monkeypatch.setattr("etl.disclosure.stage.suppress", with_another_equation)
    rows = {("KZ-71", "2026-03"): {"acts": 4}, ("KZ-75", "2026-03"): {"acts": 40}}
    faults = _faults(World(library, (Small(ACTS, rows),)))
    assert "figures cannot be protected" in faults and "4" not in faults.replace("2026-04", "")


def test_the_release_says_what_a_reader_may_count_on(cases: Protected) -> None:
    said = cases.protection
    assert said is not None
    assert json.loads(json.dumps(said)) == {
        "policy": "made_up",
        "method": "suppression",
        "zeros": "published",
        "minimum": 5,
        "values": 2,
        "upper": 5,
        "groups": [{"measures": ["services", "amount_kzt", "patients"], "persons": None}],
        "public": ["clinics"],
    }
