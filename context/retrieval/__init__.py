"""Which snippets go into the prompt, and in which order."""
