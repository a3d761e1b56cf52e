"""From files to a decoder."""
