"""Runs: settings, the pipeline from samples to graded records, and writing and reading run folders."""
