"""Streams, messages and logs: the transport of the protocol, which knows nothing of completion."""
