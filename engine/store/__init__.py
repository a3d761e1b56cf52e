"""The model store: the known models, and their way onto this machine."""
