"""Confidence targets inside other harnesses: an extension of Inspect AI, and task files for lm-evaluation-harness."""
