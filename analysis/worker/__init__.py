"""The analysis process: it answers questions one by one and never imports the workspace."""
