"""Models: token ids and a cache in, logits out."""
