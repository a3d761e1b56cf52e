"""A repository to snippets to a prompt of token ids within a budget."""
