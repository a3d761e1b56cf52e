"""The grammar of each language, as far as it is told from tokens: one file a family of languages."""
