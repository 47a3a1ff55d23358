"""The gate: whatever the stage forgets to hide stops the build, and nothing of it is published or recorded."""

import gzip
import json
import random
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

import pytest

from datasets.contract import AUDIT_FILE, CERTIFICATES_FILE, DATABASE_FILE, POINTER_FILE
from datasets.declaration import Ratio
from datasets.fault import FaultError
from datasets.library import Library
from datasets.protection import ProtectedGroup
from etl.audit.report import Outcome, audit_release
from etl.cli import main
from etl.disclosure import published
from etl.disclosure.vault import Vault
from etl.protect.ledger import Figure, Ledger
from etl.protect.suppress import Suppression, suppress
from etl.protect.system import Name, System
from etl.registry.parts import series_of
from tests.etl.disclosure.small import (
    OWNERSHIP,
    PERIOD,
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
    withheld,
)

CASES = declare(
    "cases",
    (
        REGION,
        PERIOD,
        OWNERSHIP,
        measure("services"),
        measure("amount_kzt", unit="kzt"),
        measure("patients", "not_additive"),
        ratio("mean"),
    ),
    withheld=(withheld("persons"),),
    protect=(ProtectedGroup(("services", "amount_kzt", "patients"), "persons"),),
    ratios=(Ratio("mean", "amount_kzt", "services", 1, decimals=1),),
)
ACTS = declare("acts", (REGION, PERIOD, measure("acts")))
LINKS = (link(("cases", "services"), ("acts", "acts"), ("region", "period")),)
#: Services by region and ownership in the first month; KZ-79 has none that is private.
MARCH = {
    ("KZ-71", "state"): 7,
    ("KZ-71", "private"): 12,
    ("KZ-75", "state"): 40,
    ("KZ-75", "private"): 50,
    ("KZ-79", "state"): 6,
    ("KZ-10", "state"): 31,
    ("KZ-10", "private"): 27,
}
#: The same with one small row only; a month later nothing is small any more, nor will be.
FIRST = {**MARCH, ("KZ-79", "state"): 36}
LATE = {**FIRST, ("KZ-71", "state"): 11}
APRIL = {each: count + 20 for each, count in FIRST.items()}


def _world(library: Library, *months: dict[tuple[str, str], int]) -> World:
    """Up to eight services to half as many persons: four or fewer in a row of fewer than ten services."""
    rows: dict[Keys, dict[str, int]] = {
        (region, f"2026-{number:02}", ownership): {
            "services": count,
            "amount_kzt": 1000 * count + 7,
            "patients": count // 2,
            "persons": count // 2,
        }
        for number, counts in enumerate(months, start=3)
        for (region, ownership), count in counts.items()
    }
    sums: dict[Keys, dict[str, int]] = {}
    for (region, month, _), row in rows.items():
        sums.setdefault((region, month), {"acts": 0})["acts"] += row["services"]
    return World(library, (Small(CASES, rows), Small(ACTS, sums)), links=LINKS)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "store", "series")


def _ledger(tmp_path: Path) -> Ledger:
    """The ledger as a later build finds it."""
    return Vault(tmp_path / "store", "series").ledger


# --- suppressors that are broken, each in its own way


def _forgets_one(seed: int) -> Callable[[System], Suppression]:
    def broken(system: System) -> Suppression:
        found = suppress(system)
        groups = [
            names
            for cells in system.groups.values()
            if (names := {cell.name for cell in cells} & found.hidden) and names <= found.secondary
        ]
        forgotten = random.Random(seed).choice(sorted(groups, key=sorted))
        return replace(found, hidden=found.hidden - forgotten)

    return broken


def _only_sensitive(system: System) -> Suppression:
    found = suppress(system)
    return replace(found, hidden=found.hidden - found.secondary)


def _forgets_totals(system: System) -> Suppression:
    found = suppress(system)
    return replace(found, hidden=frozenset(name for name in found.hidden if not _is_total(name)))


def _is_total(name: Name) -> bool:
    return any(key == "*" or "/" in key for key in name[2])  # type: ignore[index]


def _forgets_links(system: System) -> Suppression:
    kept = (each for each in system.equations if len({term.cell[0] for term in each}) == 1)  # type: ignore[index]
    return suppress(System(system.cells, tuple(kept)))


def _ignores_the_ledger(system: System) -> Suppression:
    cells = tuple(cell for cell in system.cells if not isinstance(cell.name, Figure))
    names = {cell.name for cell in cells}
    kept = (each for each in system.equations if names >= {term.cell for term in each})
    return suppress(System(cells, tuple(kept)))


BROKEN = {
    **{f"forgets a secondary, {seed}": _forgets_one(seed) for seed in range(3)},
    "hides only what is sensitive": _only_sensitive,
    "forgets totals": _forgets_totals,
    "forgets a link": _forgets_links,
}


def _break(monkeypatch: pytest.MonkeyPatch, broken: Callable[[System], Suppression]) -> None:
    monkeypatch.setattr("etl.disclosure.stage.suppress", broken)


def _assert_stopped(world: World, releases: Path, vault: Vault, datasets: Collection[str] = ("cases",)) -> str:
    """The build stops with what could be worked out; folder, pointer and ledger are as they were."""
    before = {path: path.read_bytes() for path in releases.rglob("*") if path.is_file() and path.name != ".lock"}
    recorded = vault.ledger.releases
    with pytest.raises(FaultError) as caught:
        world.publish(releases, vault)
    text = str(caught.value)
    assert any(f"{slug}." in text for slug in datasets)
    for expected in ("(region=", "a reader can prove that it is", ", because "):
        assert expected in text
    after = {path: path.read_bytes() for path in releases.rglob("*") if path.is_file() and path.name != ".lock"}
    assert after == before
    assert Vault(vault._store, vault.series).ledger.releases == recorded
    return text


@pytest.mark.parametrize("name", BROKEN)
def test_what_a_broken_suppressor_forgets_stops_the_build(
    name: str, library: Library, tmp_path: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    _break(monkeypatch, BROKEN[name])
    _assert_stopped(_world(library, MARCH), tmp_path / "releases", vault, ("cases", "acts"))
    assert not (tmp_path / "releases" / POINTER_FILE).exists()


def test_one_figure_of_a_group_that_is_shown_stops_the_build(
    library: Library, tmp_path: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = published._gone

    def without_amounts_of_a_row(shown: published.Shown, group: ProtectedGroup, keys: Keys) -> list[str]:
        shown_one = keys == ("KZ-71", "2026-03", "state")
        return [name for name in whole(shown, group, keys) if not (shown_one and name == "amount_kzt")]

    monkeypatch.setattr(published, "_gone", without_amounts_of_a_row)
    text = _assert_stopped(_world(library, MARCH), tmp_path / "releases", vault)
    assert "cases.amount_kzt" in text


# --- releases that pass


def test_a_good_release_carries_its_audit_and_the_proofs(
    library: Library, tmp_path: Path, vault: Vault, capsys: pytest.CaptureFixture[str]
) -> None:
    release = _world(library, MARCH).publish(tmp_path / "releases", vault)
    said = json.loads((release / AUDIT_FILE).read_bytes())
    assert (said["release"], said["outcome"], said["breaches"]) == (release.name, "passed", [])
    assert {each["dataset"] for each in said["datasets"]} == {"cases", "acts"}
    assert all(each["hidden"] for each in said["datasets"])
    listed = {each["path"] for each in json.loads((release / "manifest.json").read_bytes())["files"]}
    assert {AUDIT_FILE, CERTIFICATES_FILE} <= listed
    assert _ledger(tmp_path).releases == (release.name,)
    arguments = ["audit", str(release / DATABASE_FILE), "--verify"]
    assert main([*arguments, str(release / CERTIFICATES_FILE)]) == 0
    assert f"release {release.name}: passed" in capsys.readouterr().out
    forged = tmp_path / "forged.json"
    proofs = json.loads(gzip.decompress((release / CERTIFICATES_FILE).read_bytes()))
    forged.write_text(json.dumps(proofs).replace('"statement": "', '"statement": "0'), encoding="utf-8")
    assert main([*arguments, str(forged)]) == 1


def test_building_again_changes_nothing(library: Library, tmp_path: Path, vault: Vault) -> None:
    world = _world(library, MARCH)
    release = world.publish(tmp_path / "releases", vault)
    entries = sorted(path.name for path in (tmp_path / "store").rglob("*"))
    assert world.publish(tmp_path / "releases", Vault(tmp_path / "store", "series")) == release
    assert sorted(path.name for path in (tmp_path / "store").rglob("*")) == entries
    assert _ledger(tmp_path).releases == (release.name,)


@pytest.fixture
def second(library: Library) -> World:
    """The same extracts a month later: a longer period, and late data for the month before."""
    return _world(library, LATE, APRIL)


def _second_vault(library: Library, tmp_path: Path) -> tuple[Path, Vault]:
    """The first release, and the vault as the next build finds it."""
    first = _world(library, FIRST).publish(tmp_path / "releases", Vault(tmp_path / "store", "series"))
    return first, Vault(tmp_path / "store", "series")


def test_a_release_with_late_data_passes_together_with_the_one_before(
    library: Library, tmp_path: Path, second: World
) -> None:
    first, vault = _second_vault(library, tmp_path)
    disclosed = second.protect(vault)
    release = second.publish(tmp_path / "releases", vault)
    said = json.loads((release / AUDIT_FILE).read_bytes())
    assert (said["outcome"], said["earlier"]) == ("passed", [first.name])
    assert audit_release(release, [first]).outcome is Outcome.PASSED
    assert _ledger(tmp_path).releases == (first.name, release.name)
    revised = {(each.dataset, each.measure, each.keys): each.vintage for each in disclosed.revisions}
    late = ("KZ-71", "2026-03", "state")
    assert all(revised["cases", name, late] == 1 for name in ("services", "amount_kzt", "patients"))
    assert revised["acts", "acts", ("KZ-71", "2026-03")] == 1
    assert not any(keys[1] == "2026-04" or keys[0] == "KZ-75" for _, _, keys in revised)
    assert not any(keys[1] == "*" for _, _, keys in revised), "a total over other months is another figure"


def test_what_hides_an_old_figure_stays_hidden(library: Library, tmp_path: Path, second: World) -> None:
    """After the correction nothing is small any more, but what hid the old figure still hides it."""
    _, vault = _second_vault(library, tmp_path)
    before = hidden(_world(library, FIRST).protect().datasets[0])
    alone, with_ledger = second.protect().datasets[0], second.protect(vault).datasets[0]
    assert hidden(alone) == set(), "the second release alone would show everything"
    kept = {name for name in before & hidden(with_ledger) if name[1][:2] != ("KZ-71", "2026-03")}
    assert ("services", ("KZ-71", "2026-03", "state")) in before
    assert kept
    assert all(figures(alone)[name] for name in kept)


def test_a_stage_that_ignores_the_ledger_is_stopped(
    library: Library, tmp_path: Path, second: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, vault = _second_vault(library, tmp_path)
    _break(monkeypatch, _ignores_the_ledger)
    text = _assert_stopped(second, tmp_path / "releases", vault)
    assert f"({first.name})" in text
    assert (tmp_path / "releases" / POINTER_FILE).read_text().strip() == first.name


def test_a_lost_ledger_is_noticed(library: Library, tmp_path: Path) -> None:
    """Another work folder knows nothing of what the visible release hides: the next one could open it."""
    world, releases = _world(library, MARCH), tmp_path / "releases"
    series = series_of([library.documents[CASES.cited.document].file], synthetic=True)
    first = world.publish(releases, Vault(tmp_path / "store", series))
    with pytest.raises(FaultError, match=f"does not know {first.name}"):
        _world(library, MARCH, APRIL).publish(releases, Vault(tmp_path / "another", series))
    assert (releases / POINTER_FILE).read_text().strip() == first.name
    assert Vault(tmp_path / "another", series).ledger.releases == ()
    _world(library, MARCH, APRIL).publish(releases, Vault(tmp_path / "another", "other extracts"))
