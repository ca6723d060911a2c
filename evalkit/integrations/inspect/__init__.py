"""An extension of Inspect AI: state a confidence target in any task, and score answers as correct, error or IDK.

    from evalkit.integrations.inspect import confidence_target, three_way, threshold_score

    Task(dataset, solver=[confidence_target(0.75), generate()], scorer=three_way(match()))

On Inspect's command line the same are `evalkit/confidence_target`, `evalkit/three_way` and `evalkit/threshold_score`;
`evalkit/with_confidence_target` is a task that puts them around another. Needs the `inspect` extra.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from evalkit.extras import requires

__all__ = [
    "accuracy_given_attempted",
    "confidence_target",
    "coverage",
    "idk_rate",
    "outcome_counts",
    "three_way",
    "threshold_score",
    "with_confidence_target",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for, and with it Inspect."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with requires("inspect"):
        return getattr(import_module("evalkit.integrations.inspect.extension"), name)
