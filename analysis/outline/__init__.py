"""Outlines of whole files by tree-sitter: symbols and import statements."""
