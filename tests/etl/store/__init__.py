"""Tests of the store of releases."""
