"""Kills, full disks and failing calls at every point of what changes a store of releases.

`warm` forks a process for each run, `tracer` breaks one system call of it, `judge` looks at what is left, `order` reads from
a trace whether each step was durable before the next. `python -m tests.etl.faults` does all points.
"""
