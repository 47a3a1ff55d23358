"""Datasette on one release, answering one request at a time inside a worker."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from datasette.filters import Filters  # type: ignore[import-untyped]
from datasette.plugins import pm  # type: ignore[import-untyped]
from datasette.utils import sqlite3 as datasette_sqlite3  # type: ignore[import-untyped]

from portal.sql import faults, hardening
from portal.sql.catalogue import Catalogue
from portal.sql.engine import ReleaseDatabase, ReleaseDatasette, Talk
from portal.sql.exchange import DATABASE_NAME, MOUNT
from portal.sql.formula import disarm
from portal.sql.frame import OWN_TEMPLATES, dress
from portal.sql.limits import Limits
from portal.sql.metadata import metadata_of
from portal.sql.trouble import Answer, bad_query, failed

PLUGINS = {
    "datasette.facets",
    "datasette.filters",
    "datasette.sql_functions",
    "datasette.default_permissions",
}


class Face:
    """Datasette on one release, without a connection until the first question."""

    def __init__(self, database: Path, release_id: str, limits: Limits):
        if datasette_sqlite3 is not sqlite3:
            raise RuntimeError("Datasette uses another SQLite library than Python's own: remove pysqlite3")
        for name, plugin in pm.list_name_plugin():
            if name.startswith("datasette.") and name not in PLUGINS:
                pm.unregister(plugin)
        if not pm.is_registered(hardening):
            pm.register(hardening)
        catalogue = Catalogue.read(database)
        self._limits = limits
        self._metadata = metadata_of(catalogue)
        self._ds = ReleaseDatasette(
            settings=_settings(limits),
            metadata=self._metadata,
            template_dir=str(OWN_TEMPLATES),
            cache_headers=False,
            inspect_data={DATABASE_NAME: catalogue.inspection(release_id)},
        )
        self._ds.release_id = catalogue.release["id"]
        self._ds.remove_database("_memory")
        self._database = ReleaseDatabase(self._ds, database, limits)
        self._ds.add_database(self._database, name=DATABASE_NAME)
        release = {**catalogue.release, "data_through": catalogue.newest_source}
        dress(self._ds.jinja_env, release, catalogue.statuses, clinics=catalogue.has_clinics)
        self._ds.jinja_env.auto_reload = False
        self._shadow = catalogue.shadow_tables
        self._columns = catalogue.tables
        self._app = self._ds.app()

    def rehearse(self) -> None:
        """Answer each kind of page once, so that templates are compiled before workers are forked from this process.

        Raises RuntimeError when a page fails.
        """
        table = self._ds.inspect_data[DATABASE_NAME]["first_table"]
        for path, query in (
            (f"/{DATABASE_NAME}", ""),
            (f"/{DATABASE_NAME}", "sql=select+1"),
            (f"/{DATABASE_NAME}/{table}", "_size=1"),
        ):
            answer = self.ask(path, query)
            if answer.fault or answer.status != 200:
                raise RuntimeError(f"page {path} fails: {answer.fault or answer.status} {answer.note}")

    def ask(self, path: str, query: str) -> Answer:
        """Answer one request. Never raises."""
        talk = self._ds.talk = Talk(self._limits.answer_bytes)
        try:
            self._check_parameters(path, query)
            asyncio.run(self._app(_scope(path, query), talk.receive, talk.send))
            return self._finish(path, talk)
        except Exception as error:
            return failed(error, self._limits)
        finally:
            self._database.forget()

    def _finish(self, path: str, talk: Talk) -> Answer:
        headers = dict(talk.headers)
        if talk.trouble and (path.endswith(".csv") or headers.get("content-type") == hardening.FAULT_TYPE):
            return failed(talk.trouble, self._limits)
        if path.endswith(".json") and (talk.status >= 400 or talk.body.startswith(b'{"ok": false')):
            return Answer(fault=bad_query(json.loads(talk.body).get("error")).fields())
        if path.endswith(".csv") and talk.status == 200:
            headers["content-type"] = "text/csv; charset=utf-8"
            return Answer(talk.status, tuple(headers.items()), disarm(bytes(talk.body)))
        if not headers.get("location", MOUNT + "/").startswith(MOUNT + "/"):
            return Answer(fault=faults.not_found().fields())
        return Answer(talk.status, tuple(headers.items()), bytes(talk.body))

    def _check_parameters(self, path: str, query: str) -> None:
        """Refuse what Datasette would take and should not. The gate has no catalogue; this has."""
        parts = f"{path}//".split("/")
        table = parts[2].partition(".")[0]
        if table in self._shadow:
            raise faults.not_found("This table is an inner part of the search index.")
        if table not in self._columns or parts[3]:
            return
        facetable = self._metadata["databases"][DATABASE_NAME]["tables"].get(table, {}).get("facetable", [])
        for name, value in parse_qsl(query, keep_blank_values=True):
            if name == "_facet" and value not in facetable:
                offered = ", ".join(facetable) or "none on this table"
                raise faults.refused(
                    "bad_parameter",
                    f"A facet by {value[:40]} is not offered.",
                    f"Use one of: {offered}; or count with SQL and group by.",
                )
            if not name.startswith("_") and not self._is_filter(table, name):
                raise faults.refused(
                    "bad_parameter",
                    f"{name[:40]} is no column of {table}, or no comparison.",
                    f"Columns: {', '.join(self._columns[table])}.",
                )

    def _is_filter(self, table: str, name: str) -> bool:
        # SQLite takes an unknown column in double quotes for a text, so that the filter would silently find nothing.
        columns = [*self._columns[table], "rowid"]
        column, _, comparison = name.rpartition("__")
        return name in columns or (column in columns and comparison in Filters._filters_by_key)


def _settings(limits: Limits) -> dict[str, Any]:
    return {
        "base_url": f"{MOUNT}/",
        # 0: SQL runs in the worker's only thread, where a kill ends it and no interpreter lock is shared.
        "num_sql_threads": 0,
        "sql_time_limit_ms": round(limits.sql_seconds * 1000),
        # A facet that takes longer is left out without a word: on a busy machine one offered would be missing.
        "facet_time_limit_ms": round(limits.sql_seconds * 1000),
        "max_returned_rows": limits.rows,
        "suggest_facets": False,
        "allow_download": False,
        # Our own byte limit holds for every format, and is an error instead of a note at the end of the file.
        "max_csv_mb": 0,
        "truncate_cells_html": 500,
    }


def _scope(path: str, query: str) -> dict[str, Any]:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("ascii"),
        "query_string": query.encode("latin-1"),
        "headers": [(b"host", b"localhost")],
    }
