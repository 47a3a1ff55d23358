"""Makes the pages of `docs/reference`; each module makes those of one subject."""
