"""Security and sharing headers of every answer. `/data/` sets its own policy, which these do not overwrite."""

from __future__ import annotations

from flask import Flask, Response, request

#: Nothing from another host, no inline script or style: see docs/explanation/security.md.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
#: Data for everybody's programs; pages stay with their own origin. `/data/` decides by itself: it has both.
_SHARED = ("/api/", "/downloads/")


def init_app(app: Flask) -> None:
    """Add the headers after each request."""

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        shared = request.path.startswith(_SHARED)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin" if shared else "same-origin")
        if shared:
            response.headers.setdefault("Access-Control-Allow-Origin", "*")
            response.headers.setdefault("Access-Control-Expose-Headers", "ETag, Link, X-Release, X-Synthetic")
        return response
