"""What we publish: declarations, code lists, documents, policies and the data transcribed from documents."""
