"""The tasks, one module each, with data in ``data/<task>/``. Installed as ``evalkit.tasks``."""
