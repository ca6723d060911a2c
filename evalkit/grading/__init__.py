"""Grading: from a completion to a grade, by rules or by judges."""
