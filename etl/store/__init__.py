"""The store of releases: their chain, the pointer, previews under embargo, rollbacks and retention.

It knows folders and manifests, not what is published in them: `etl.publish` writes a release, `etl.redaction` rewrites one.
"""
