"""Syntax around the hole by tokens alone: for any language, in this process, and without failing."""
