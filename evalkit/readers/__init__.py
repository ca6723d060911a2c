"""Readers: outputs of other harnesses as rows, one module a format."""
