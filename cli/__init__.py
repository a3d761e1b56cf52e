"""The command line: one file for each command, which is a thin layer over the packages that it calls."""
