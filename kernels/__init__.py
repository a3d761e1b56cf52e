"""Kernels for matrices and attention, one file for each; reference.py is their specification."""
