"""Disclosure control: the only stage that can make the `Protected` datasets which `publish` accepts."""

from etl.disclosure.protected import Disclosed, Protected, Relation, Revision
from etl.disclosure.stage import protect

__all__ = ["Disclosed", "Protected", "Relation", "Revision", "protect"]
