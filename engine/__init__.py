"""Token ids in, token ids out: model, weights, vocabulary and the decode loop."""
