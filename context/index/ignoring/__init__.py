"""Decide which files stay out of the index: git's ignored files, package
environments, the user's own list.
"""
