"""Visitor SQL: Datasette under `/data/`, always in worker processes, never in the process that renders the portal's pages.

In the portal's process:

- `blueprint`: the Flask routes; `gate`: which URLs are let in; `headers`: what every answer carries; `faults`: errors.
- `frame`: masthead and footer, in both processes.
- `pool`: the workers at hand and the one call, `SqlPool.ask`; `line`: who may go next; `nursery`: starts and ends workers.
- `exchange`: request and answer; `wire`: how they travel; `limits`: every figure in one place.

In a worker's process (never imported by the portal):

- `cradle`: loads Datasette once and forks workers; `worker`: one process, one request at a time.
- `face`: answers a request; `engine`: Datasette bound to one release; `hardening`: what SQL may do; `trouble`: errors.
- `catalogue`, `metadata`, `queries`: titles, units, facets and ready queries from the release; `formula`: cells that a
  spreadsheet would run.
"""
