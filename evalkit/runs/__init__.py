"""Runs: settings, the pipeline from samples to graded records, the run folder, and reading it back."""
