"""Bytes on disk: GGUF, packed matrices, hashes."""
