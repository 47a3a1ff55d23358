"""Verifies a release as its reader has it, offline, with no line of code in common with what publishes."""
