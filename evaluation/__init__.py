"""Headless evaluation: data sets, metrics, runs and reports."""
