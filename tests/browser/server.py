"""The portal as in production plus one page that fails: `python tests/browser/server.py <releases>` prints its port."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from waitress.server import create_server

from portal.factory import create_app

app = create_app(Path(sys.argv[1]))


@app.get("/<lang>/broken")
def broken(lang: str) -> str:
    """Crash, for the page that says so."""
    raise RuntimeError(lang)


server = create_server(app, host="127.0.0.1", port=0, threads=8, ident=None)
print(server.effective_port, flush=True)
server.run()
