"""The analysis process, which answers questions one by one and never imports the workspace."""
