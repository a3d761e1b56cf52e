"""Bytes and JSON-RPC; nothing of completion."""
