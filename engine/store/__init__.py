"""Which models there are, and how they come onto this machine."""
