"""Models: from `provider/name` to something that answers a prompt.

`base` has the interface, `providers` the table of APIs, `chat` the one client for all of them, `local` models that run
on this machine, and `baselines` models that need no model. A provider registers in the entry-point group
evalkit.providers, or stands in a file: `--model path/to/file.py::provider/model`.
"""

from evalkit.models.base import (
    DEFAULT_MODEL,
    Form,
    Model,
    ModelOptions,
    Provider,
    Request,
    default_max_tokens,
    open_model,
    split_model,
)

__all__ = [
    "DEFAULT_MODEL",
    "Form",
    "Model",
    "ModelOptions",
    "Provider",
    "Request",
    "default_max_tokens",
    "open_model",
    "split_model",
]
