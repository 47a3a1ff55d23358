"""Disclosure control of linked tables of whole numbers. Knows nothing of this project: only cells, equations and needs."""
