"""Decoding: from one request to its tokens."""
