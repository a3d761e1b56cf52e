"""Code to facts: syntax at the hole, types, members, names and imports, by static analysis only."""
