"""The process that keeps an index up to date, and the server's side of it."""
