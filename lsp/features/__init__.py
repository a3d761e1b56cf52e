"""One file a family of requests."""
