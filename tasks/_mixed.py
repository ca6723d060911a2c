"""Tasks with answerable and unanswerable questions, one of each in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

from evalkit import Sample, Task

from ._strata import by_stratum

Kind = Literal["answerable", "unanswerable"]


def mixed(
    samples: Iterable[Sample],
    subset: Kind | None,
    seed: int,
    grader: str | Callable[..., Any],
    revision: dict[str, str],
    metrics: Iterable[str] = (),
) -> Task:
    """Make a task whose strata are the answerable and the unanswerable questions.

    Args:
        samples: all questions, `answerable` in their metadata.
        subset: which to ask; None for all.
        seed: decides the order.
        grader: of all.
        revision: the version of the data.
        metrics: those that the publisher reports.
    """
    sorted_ = [
        one.model_copy(
            update={"metadata": one.metadata | {"stratum": "answerable" if one.answerable else "unanswerable"}}
        )
        for one in samples
    ]
    asked = [one for one in sorted_ if subset in (None, one.stratum)]
    return Task(samples=by_stratum(asked, seed), grader=grader, revision=revision, metrics=list(metrics))
