"""How the results of runs are read."""
