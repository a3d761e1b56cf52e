"""Files on disk: GGUF, packed matrices, hashes."""
