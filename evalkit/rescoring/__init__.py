"""Rescoring: outputs of other harnesses, sorted into outcomes and scored as a run."""
