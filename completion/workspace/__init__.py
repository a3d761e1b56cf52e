"""The parts of a workspace that stay open between requests: retrieval and analysis."""
