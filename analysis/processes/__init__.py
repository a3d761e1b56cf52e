"""Starting processes of our own, and ending them with the process that they work for."""
