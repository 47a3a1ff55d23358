"""The portal as in production, on a free port, which it prints: `python tests/serve_portal.py <releases>`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from waitress.server import create_server

from portal.factory import create_app, warm

app = create_app(Path(sys.argv[1]))
warm(app)
server = create_server(app, host="127.0.0.1", port=0, threads=16, ident=None)
print(server.effective_port, flush=True)
server.run()
