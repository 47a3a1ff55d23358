"""How a release is made: extract, validate, aggregate, protect, publish. Knows nothing of how it is shown."""
