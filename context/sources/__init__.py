"""The sources of snippets: one file a source, each a function from a request to its snippets."""
