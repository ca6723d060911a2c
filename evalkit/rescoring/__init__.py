"""Rescoring: outputs of other harnesses, sorted into the three outcomes and scored as a run."""
