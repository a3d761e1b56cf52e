"""A small bookshop: books, a basket, and what it costs."""
