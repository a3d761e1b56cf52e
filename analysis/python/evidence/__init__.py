"""Evidence from the code around a value, and from the project's other files, about its members and its
type.
"""
