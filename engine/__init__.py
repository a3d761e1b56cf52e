"""The engine: token ids in, token ids out. It has the model, weights, vocabulary and the decode loop."""
