"""A demonstration history: monthly releases of one simulated world, with everything that may happen to a published figure."""
