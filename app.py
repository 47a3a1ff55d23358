"""Serves the portal: pages, API, downloads and, through worker processes, SQL. One command, one port."""

import os
import sys
from typing import Any

from flask import Flask
from waitress.server import create_server

from portal.boundaries import BoundariesError
from portal.desk.post import PostError
from portal.factory import create_app, warm
from portal.release import ReleaseError

#: Nothing that is sent here is long; a form says so itself before it comes to this.
_LIMITS = {"threads": 16, "ident": None, "connection_limit": 500, "max_request_body_size": 200_000}


def main() -> None:
    """Serve until stopped; what keeps the portal from it is said in one line."""
    host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
    try:
        app = create_app()
        server = _listen(app, host, port)
        warm(app)
    except (ReleaseError, BoundariesError, PostError) as error:
        sys.exit(str(error))
    print(f"Ashyq Qalqan is at http://{host}:{port}/", flush=True)
    server.run()


def _listen(app: Flask, host: str, port: str) -> Any:
    proxy = os.environ.get("TRUSTED_PROXY")
    # Only what this proxy says of a visitor's address and scheme is believed; waitress drops what others say.
    trusted = {"trusted_proxy": proxy, "trusted_proxy_headers": "x-forwarded-for x-forwarded-proto"} if proxy else {}
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        sys.exit(f"PORT is '{port}': give a number from 1 to 65535.")
    try:
        return create_server(app, host=host, port=int(port), **_LIMITS, **trusted)
    except (OSError, ValueError) as error:
        sys.exit(f"Cannot listen on {host}, port {port}: {error}. Set HOST and PORT to an address that is free.")


if __name__ == "__main__":
    main()
