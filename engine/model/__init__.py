"""Token ids and a cache in, logits out."""
