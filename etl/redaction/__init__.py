"""Late redaction: takes a published figure out of all releases, and what would give it back, with a visible tombstone."""
