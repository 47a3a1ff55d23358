"""A server for the attack test: one innocent page and `/data/`, on waitress as in production.

Run as `python tests/sql/tiny_server.py <release file> <release id>`; it prints its port.
"""

from __future__ import annotations

import sys
from pathlib import Path

from flask import Flask
from waitress.server import create_server

from portal.sql.blueprint import create_blueprint
from portal.sql.pool import SqlPool


def main(database: Path, release_id: str) -> None:
    app = Flask(__name__)
    pool = SqlPool()
    pool.warm(database, release_id)
    app.register_blueprint(create_blueprint(pool, lambda _wanted: (database, release_id)))
    app.add_url_rule("/page", "page", lambda: "<p>An innocent page</p>" * 200)
    server = create_server(app, host="127.0.0.1", port=0, threads=16)
    print(server.effective_port, flush=True)
    server.run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
