"""The desk: what visitors hand in, in one small database of the operator's. It knows nothing of pages and releases.

Nothing in it is published but what `portal.pages.report` shows of a ticket. `database` opens the file, `key` holds the secret,
`form_token` signs forms, `limits` counts, `screening` reads texts for personal data, `tickets` owns the reports.
"""
