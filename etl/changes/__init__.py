"""What has changed since the release before: which figures, how, and why. No value is told: the two releases have them."""

from etl.changes.compare import change_rows
from etl.changes.published import Published, read_published
from etl.changes.renamed import under_new_names
from etl.changes.side import Dataset, Keys, Side, Succession

__all__ = ["Dataset", "Keys", "Published", "Side", "Succession", "change_rows", "read_published", "under_new_names"]
