"""Where snippets come from: one file a source, each a function from a request to its snippets."""
