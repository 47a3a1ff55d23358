"""Protect: disclosure control. Only this package can make the `Protected` that `publish` accepts."""

from etl.protect.official import Protected, protect

__all__ = ["Protected", "protect"]
