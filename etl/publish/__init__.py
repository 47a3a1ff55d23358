"""Publish: writes a release folder beside the others, makes it durable and renames it in."""

from etl.publish.folder import publish

__all__ = ["publish"]
