"""Python, analysed with jedi."""
