"""Static analysis of code: syntax at the hole, types, members, names and imports.

Nothing of the code is run.
"""
