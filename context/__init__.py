"""Context: from a repository over snippets to a prompt of token ids within a budget."""
