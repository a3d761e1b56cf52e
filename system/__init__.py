"""Functions of the operating system that several packages need."""
