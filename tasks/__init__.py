"""The questions: one module a task, data in ``data/<task>/``. Installed as ``evalkit.tasks``."""
