"""Makes the application: Flask for pages, API and downloads, and the gate to the SQL workers."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, Response, g
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader

from portal import cache, errors, headers, health, i18n, redirects, sunset
from portal.api import init_app as init_api
from portal.archive import Archives
from portal.boundaries import Boundaries, load_boundaries
from portal.changes import ChangeCounts
from portal.chronicle import Chronicle
from portal.current import current_release, store
from portal.desk.database import Desk
from portal.desk.post import read_post
from portal.diff import Diffs
from portal.downloads import downloads
from portal.history import Histories
from portal.pages import pages
from portal.release import Release, ReleaseError
from portal.revisions import Studies
from portal.sql.blueprint import create_blueprint
from portal.sql.exchange import MOUNT
from portal.sql.faults import SqlError
from portal.sql.pool import SqlPool
from portal.store import ReleaseStore
from portal.trees import Trees
from portal.watch import Watch

log = logging.getLogger(__name__)
_PROJECT = Path(__file__).parents[1]
#: Names by which the portal may be addressed; a forged Host header would else be written into pages.
_LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]


def create_app(releases: Path | None = None) -> Flask:
    """The WSGI application over the releases below `releases` (default: RELEASES_DIR, or `var/releases`)."""
    app = Flask(__name__, template_folder=str(_PROJECT / "templates"), static_folder=str(_PROJECT / "static"))
    app.config["TRUSTED_HOSTS"] = [*_LOOPBACK, *os.environ.get("TRUSTED_HOSTS", "").split()]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    folder = releases or Path(os.environ.get("RELEASES_DIR", _PROJECT / "var" / "releases"))
    app.extensions["release_store"] = ReleaseStore(folder.resolve(), os.environ.get("TRUSTED_KEYS", ""))
    app.extensions["archives"] = Archives(app.extensions["release_store"])
    app.extensions["histories"] = Histories(app.extensions["release_store"])
    app.extensions["diffs"] = Diffs(app.extensions["release_store"])
    app.extensions["change_counts"] = ChangeCounts(app.extensions["release_store"])
    app.extensions["chronicle"] = Chronicle(app.extensions["release_store"])
    app.extensions["studies"] = Studies(app.extensions["release_store"])
    app.extensions["desk"] = Desk(Path(os.environ.get("DESK_DIR") or _PROJECT / "var" / "desk").resolve())
    app.extensions["post"] = post = read_post()
    if post:
        # The addresses in letters are made as if somebody asked for them there.
        app.config["TRUSTED_HOSTS"].append(urlsplit(post.site).hostname)
    _init_templates(app)
    boundaries = _boundaries(app)
    app.jinja_env.globals["boundaries"] = boundaries
    app.config["VERSION"] = _version(boundaries)
    for part in (i18n, cache, headers, errors, health, redirects, sunset):
        part.init_app(app)
    app.register_blueprint(pages)
    app.register_blueprint(downloads)
    init_api(app)
    _init_sql(app)
    app.wsgi_app = Trees(app.wsgi_app, app.extensions["release_store"])  # type: ignore[method-assign]
    return app


def _init_templates(app: Flask) -> None:
    # The macros of govuk-frontend-jinja name their own templates by this prefix.
    govuk = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    app.jinja_env.loader = ChoiceLoader([FileSystemLoader(_PROJECT / "templates"), govuk])
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def _boundaries(app: Flask) -> Boundaries | None:
    """The operator's own map (MAP_FILE, MAP_CREDIT), if there is one; raises BoundariesError if it cannot be drawn."""
    name = os.environ.get("MAP_FILE")
    if not name:
        return None
    regions = app.extensions["release_store"].current().catalogue.regions
    return load_boundaries(Path(name), [code.code for code in regions], os.environ.get("MAP_CREDIT", ""))


def warm(app: Flask) -> None:
    """Open the current release, start its SQL workers, so that the first visitor does not wait, and watch the releases.

    Raises ReleaseError if there is none. Without SQL workers the portal still has its pages, files and API.
    """
    releases: ReleaseStore = app.extensions["release_store"]
    _warm_sql(app, releases.current())
    watch = Watch(releases, lambda release: _warm_sql(app, release))
    app.extensions[health.WATCH] = watch
    watch.start()
    # What each release changed: feeds and the log of corrections ask for all of the chain at once.
    threading.Thread(target=app.extensions["chronicle"].steps, name="chronicle", daemon=True).start()


def _warm_sql(app: Flask, release: Release) -> None:
    try:
        app.extensions["sql_pool"].warm(release.database, release.id)
    except SqlError as error:
        log.error("SQL cannot be asked for now: %s The next request below %s tries again.", error.message, MOUNT)


def _sql_release(release_id: str | None) -> tuple[Path, str] | None:
    try:
        release = current_release() if release_id is None else store().get(release_id)
    except ReleaseError:
        if release_id is None:
            raise
        return None
    return release.database, release.id


def _init_sql(app: Flask) -> None:
    pool = SqlPool()
    app.extensions["sql_pool"] = pool
    blueprint = create_blueprint(pool, _sql_release)

    @blueprint.after_request
    def mark(response: Response) -> Response:
        # A query may read any table: the answer says what the release says.
        if "release" in g:
            response.headers["X-Synthetic"] = "true" if current_release().synthetic else "false"
            response.headers["Access-Control-Expose-Headers"] = "X-Synthetic"
        return response

    redirects.init_sql(blueprint)
    app.register_blueprint(blueprint)


def _version(boundaries: Boundaries | None) -> str:
    """A digest of what turns a release into pages, so that caches forget pages of an older portal."""
    digest = hashlib.sha256()
    for pattern in ("portal/**/*.py", "portal/translations/**/*.mo", "templates/**/*.html"):
        for path in sorted(_PROJECT.glob(pattern)):
            digest.update(path.read_bytes())
    digest.update(repr(boundaries).encode())
    return digest.hexdigest()[:12]
