"""Where a completion stops, and how it is cut and indented."""
