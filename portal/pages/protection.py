"""Protection of persons: the page of a release, and the section of a dataset. What is hidden, by which rules, and what an
attack on the release has found."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from datasets.contract import AUDIT_FILE, CERTIFICATES_FILE, DATABASE_FILE, REDACTIONS_FILE
from portal.audit import Audit, Coverage
from portal.catalogue import Dataset, Redaction
from portal.cells import Reader
from portal.current import current_release
from portal.numbers import format_date, format_number, format_size
from portal.pages.blueprint import breadcrumbs, page, reader
from portal.protection import Protection
from portal.release import Release


@page("protection")
def protection() -> str:
    """What of the release is hidden, by which rules, and what the attack on it has found."""
    release, cells = current_release(), reader()
    protected, audit = release.catalogue.protected, release.audit
    return render_template(
        "protection.html",
        protected=protected,
        verdict=verdict(audit) if audit else "",
        facts=_facts(audit, cells) if audit else [],
        columns=_columns(),
        rows=[_row(each, audit.datasets.get(each.slug), cells) for each in protected] if audit else [],
        origin="synthetic" if any(each.synthetic for each in protected) else "registry",
        narrowest=audit.narrowest if audit else None,
        shared=[each.title[cells.language] for each in release.catalogue.relations if each.title],
        rules=_rule_sets(protected, cells),
        redactions=_redactions(release, cells),
        files=audit_files(release, cells),
        breadcrumbs=breadcrumbs(_("Protection of persons")),
    )


def protection_view(release: Release, shown: Dataset, cells: Reader) -> dict[str, Any] | None:
    """The section of a dataset's page; nothing for a dataset in which nobody has to be protected."""
    rules = shown.protection
    if rules is None:
        return None
    audit = release.audit
    coverage = audit.datasets.get(shown.slug) if audit else None
    return {
        "verdict": verdict(audit) if audit else "",
        "facts": _coverage_facts(shown, coverage, cells) if coverage else [],
        "rules": {
            "reason": shown.text("policy_reason")[cells.language],
            "facts": _rule_facts(rules, cells),
            "public": [{"measures": _measures(shown, rules.public, cells)}] if rules.public else [],
        },
    }


def verdict(audit: Audit) -> str:
    """What the attack came to."""
    if audit.passed:
        return _("No hidden figure can be worked out, or narrowed down further than the rules promise.")
    return _(
        "It is not proved that every hidden figure keeps what the rules promise; audit.json names those that do not."
    )


def _facts(audit: Audit, cells: Reader) -> list[dict[str, str]]:
    """The attack on the whole release in figures."""
    return [
        {"key": _("Figures shown"), "value": _count(audit.published, cells)},
        {"key": _("Figures hidden"), "value": _with_share(audit.hidden, audit.hidden_share, cells)},
        {"key": _("Narrowest interval left"), "value": _interval(audit.narrowest, cells)},
        {"key": _("Hidden and implied figures that were attacked"), "value": _count(audit.unknowns, cells)},
        {"key": _("Equations and bounds that were used"), "value": _count(audit.equations, cells)},
        {"key": _("Earlier releases that were used"), "value": ", ".join(audit.earlier) or _("none")},
    ]


def _coverage_facts(shown: Dataset, coverage: Coverage, cells: Reader) -> list[dict[str, str]]:
    """The attack on one dataset in figures."""
    values = [
        f"{shown.by_name[name].title[cells.language]} {_percent(share, cells)}"
        for name, share in coverage.hidden_value.items()
    ]
    return [
        {"key": _("Figures shown"), "value": _count(coverage.published, cells)},
        {"key": _("Figures hidden"), "value": _with_share(coverage.hidden, coverage.hidden_share, cells)},
        {"key": _("Of them sums"), "value": _count(coverage.hidden_totals, cells)},
        {"key": _("Share of the total that no row shows"), "value": "; ".join(values)},
        {"key": _("Narrowest interval left"), "value": _interval(coverage.narrowest, cells)},
        {
            "key": _("Hidden for the sake of others, and may be known to be large"),
            "value": _count(coverage.settled, cells),
        },
    ]


def _columns() -> list[dict[str, Any]]:
    texts = (
        _("Dataset"),
        _("Figures shown"),
        _("Figures hidden"),
        _("Share of figures hidden"),
        _("Share of value hidden, at most"),
        _("Narrowest interval left"),
    )
    return [{"key": str(index), "label": text, "numeric": index > 0} for index, text in enumerate(texts)]


def _row(shown: Dataset, coverage: Coverage | None, cells: Reader) -> list[dict[str, Any]]:
    href = url_for("pages.dataset", slug=shown.slug) + "#protection"
    name = {"text": shown.title[cells.language], "href": href}
    if coverage is None:
        return [name, *({"text": "", "status": "not_collected"} for _column in _columns()[1:])]
    lost = max(coverage.hidden_value.values(), default=None)
    return [
        name,
        {"text": _count(coverage.published, cells)},
        {"text": _count(coverage.hidden, cells)},
        {"text": _percent(coverage.hidden_share, cells)},
        {"text": "–" if lost is None else _percent(lost, cells)},
        {"text": _interval(coverage.narrowest, cells) or "–"},
    ]


def _redactions(release: Release, cells: Reader) -> list[dict[str, Any]]:
    """What was withdrawn after publication: when, why, how many figures, of which datasets."""
    found: dict[str, list[Redaction]] = {}
    for each in release.redactions:
        found.setdefault(each.redaction, []).append(each)
    datasets = release.catalogue.datasets
    return [
        {
            "date": format_date(figures[0].date, cells.language),
            "reason": figures[0].reason[cells.language],
            "count": len(figures),
            "datasets": [_link(datasets[slug], cells) for slug in dict.fromkeys(each.dataset for each in figures)],
        }
        for figures in found.values()
    ]


def _rule_sets(protected: tuple[Dataset, ...], cells: Reader) -> list[dict[str, Any]]:
    """The rules, each once, with the datasets that they are for."""
    users: dict[tuple[Any, ...], list[Dataset]] = {}
    for each in protected:
        assert each.protection is not None
        users.setdefault(_key(each.protection), []).append(each)
    return [_rule_set(datasets, cells) for datasets in users.values()]


def _key(rules: Protection) -> tuple[Any, ...]:
    return rules.policy, rules.method, rules.zeros, rules.minimum, rules.values, rules.upper, str(rules.noise)


def _rule_set(datasets: list[Dataset], cells: Reader) -> dict[str, Any]:
    rules = datasets[0].protection
    assert rules is not None
    links = [_link(each, cells) for each in datasets]
    public = [
        {**link, "measures": _measures(each, each.protection.public, cells)}
        for link, each in zip(links, datasets, strict=True)
        if each.protection and each.protection.public
    ]
    reason = datasets[0].text("policy_reason")[cells.language]
    return {"reason": reason, "facts": _rule_facts(rules, cells), "public": public, "datasets": links}


def _link(shown: Dataset, cells: Reader) -> dict[str, str]:
    return {"title": shown.title[cells.language], "href": url_for("pages.dataset", slug=shown.slug)}


def _measures(shown: Dataset, names: tuple[str, ...], cells: Reader) -> str:
    return ", ".join(shown.by_name[name].title[cells.language] for name in names)


def _rule_facts(rules: Protection, cells: Reader) -> list[dict[str, str]]:
    methods = {
        "suppression": _("figures are hidden"),
        "cell_key": _("all figures are shown, each changed a little at random"),
        "differential_privacy": _("all figures are shown, with noise of a published budget"),
    }
    zeros = {"published": _("always shown"), "protected": _("hidden as other small figures are")}
    values, upper = _count(rules.values, cells), _count(rules.upper, cells) if rules.upper else ""
    return [
        {"key": _("Method"), "value": methods[rules.method]},
        {"key": _("Noise"), "value": ", ".join(f"{name}: {value}" for name, value in rules.noise.items())},
        {"key": _("Fewest persons behind a figure that is shown"), "value": _count(rules.minimum, cells)},
        {"key": _("Values that stay possible for a hidden figure"), "value": _("%(count)s or more", count=values)},
        {
            "key": _("A hidden count of persons can be, for all that anyone can prove"),
            "value": _("%(count)s or more", count=upper) if upper else "",
        },
        {"key": _("A nought"), "value": zeros[rules.zeros]},
    ]


def audit_files(release: Release, cells: Reader) -> list[dict[str, str]]:
    """The files from which anyone can repeat the attack, as far as the release has them."""
    texts = {
        DATABASE_FILE: _("the whole release as one SQLite database;"),
        AUDIT_FILE: _("what the attack found, for programs;"),
        CERTIFICATES_FILE: _("the proofs: tables of whole numbers that agree with everything published;"),
        REDACTIONS_FILE: _("what was withdrawn after publication, and the new digests of its files;"),
    }
    return [
        {
            "name": name,
            "text": text,
            "href": url_for("downloads.latest", name=name),
            "pinned": url_for("downloads.pinned", release_id=release.id, name=name),
            "size": format_size(release.files[name]["bytes"], cells.language),
        }
        for name, text in texts.items()
        if name in release.files
    ]


def _interval(values: int | None, cells: Reader) -> str:
    """How many whole numbers stay possible, in words."""
    if values is None:
        return ""
    count = _count(values, cells)
    return ngettext("%(count)s possible value", "%(count)s possible values", values, count=count)


def _with_share(count: int, share: float, cells: Reader) -> str:
    return f"{_count(count, cells)} ({_percent(share, cells)})"


def _count(number: int, cells: Reader) -> str:
    return format_number(number, (0, 0), cells.language)


def _percent(share: float, cells: Reader) -> str:
    return cells.amount(100 * share, (0, 2), "percent")
