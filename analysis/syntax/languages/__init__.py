"""The grammar of each language, as far as tokens show it: one file for a family of languages."""
