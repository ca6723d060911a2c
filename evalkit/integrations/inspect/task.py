"""A task around another: its own solver asks under a confidence target, its own scorers get outcomes."""

from __future__ import annotations

from typing import Any

from inspect_ai import Task, task, task_with

from evalkit.errors import UsageError
from evalkit.integrations.inspect.names import registered_name
from evalkit.integrations.inspect.scorer import three_way
from evalkit.integrations.inspect.solver import confidence_target
from evalkit.runs.wordings import PAPER


def _with_confidence_target(
    task: str,
    t: float | str | None = None,
    wording: str = PAPER,
    *,
    at_start: bool = False,
    key: str = "",
    pass_mark: float | None = None,
    **parameters: Any,
) -> Task:
    """Run another task under a confidence target, with its own solver and its own scorers.

    Args:
        task: its registered name, or its file, or FILE@NAME.
        t, wording, at_start: as for `confidence_target`.
        key, pass_mark: as for `three_way`.
        parameters: of that task.

    Raises:
        UsageError: no such task, or several, or it has no scorer.
    """
    from inspect_ai._eval.loader import load_tasks

    found = load_tasks([task], parameters)
    if len(found) != 1:
        raise UsageError(f"{task} names {len(found)} tasks; name one as FILE@NAME")
    inner = found[0]
    if not inner.scorer:
        raise UsageError(f"{task} has no scorer, so no answer of it is right or wrong")
    stated = confidence_target(t, wording, inner.solver, at_start=at_start)
    scorers = [three_way(scorer, key=key, pass_mark=pass_mark) for scorer in inner.scorer]
    # Metrics of the task would replace those of the scorers.
    return task_with(inner, solver=stated, scorer=scorers, metrics=None, name=inner.name)


_with_confidence_target.__name__ = _with_confidence_target.__qualname__ = "with_confidence_target"
with_confidence_target = task(name=registered_name(_with_confidence_target))(_with_confidence_target)
