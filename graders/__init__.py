"""The judgements: one module a grader. Installed as ``evalkit.graders``."""
