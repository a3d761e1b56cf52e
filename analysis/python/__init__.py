"""The analysis of Python, with jedi."""
