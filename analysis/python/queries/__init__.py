"""The functions that answer questions, one file for each kind; these files never import each other."""
