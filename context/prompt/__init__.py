"""Build the prompt: from text and snippets to token ids."""
