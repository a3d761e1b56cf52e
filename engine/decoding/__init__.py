"""From one request to its tokens."""
