"""Every value that an expression can have, or "unknown"."""
