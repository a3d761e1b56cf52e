"""Syntax around the hole, told from tokens: any language, in this process, and it never fails."""
