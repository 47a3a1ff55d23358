"""Headers of every answer below the mount."""

from __future__ import annotations

from flask import Response

from portal.freshness import MOMENT, NEVER

#: Datasette's pages need scripts and styles of their own, but none inline: the templates hold neither.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}


def secure(response: Response) -> Response:
    """Set them. Pages are for this site only; JSON, CSV and scripts' static files may differ by content type."""
    page = response.mimetype == "text/html"
    response.headers.update(COMMON)
    response.headers["Content-Security-Policy"] = PAGE_POLICY if page else DATA_POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin" if page else "cross-origin"
    if not page:
        response.headers["Access-Control-Allow-Origin"] = "*"
    if "Cache-Control" not in response.headers:
        ok = response.status_code in (200, 304)
        response.headers["Cache-Control"] = MOMENT if ok else NEVER
    return response
