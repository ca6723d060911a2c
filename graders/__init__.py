"""The graders, one module each. Installed as ``evalkit.graders``."""
