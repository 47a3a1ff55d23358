"""Serves the portal: pages, API, downloads and, through worker processes, SQL. One command, one port."""

import os
import sys

from waitress import serve

from portal.boundaries import BoundariesError
from portal.factory import create_app, warm
from portal.release import ReleaseError

if __name__ == "__main__":
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    try:
        app = create_app()
        warm(app)
    except (ReleaseError, BoundariesError) as error:
        sys.exit(str(error))
    print(f"Ashyq Qalqan is at http://{host}:{port}/", flush=True)
    serve(app, host=host, port=port, threads=16, ident=None, connection_limit=500)
