"""One file a question; they never import each other."""
