"""Loading: from files to a decoder."""
