"""The completion API: a snapshot goes in, a completion comes out."""
