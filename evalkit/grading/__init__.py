"""Grading: turn a completion into a grade, by rules or by judges."""
