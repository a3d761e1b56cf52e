"""What is kept open for a folder: retrieval and analysis."""
