"""From text and snippets to token ids."""
