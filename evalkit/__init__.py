"""evalkit: does this model know when it doesn't know, and what should that be worth?

The public API; everything is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalkit.abstention import non_answer
    from evalkit.comparing import behaviour, compare
    from evalkit.errors import EvalkitError
    from evalkit.extras import requires
    from evalkit.frames import count_outcomes, record_features
    from evalkit.models.asking import ask
    from evalkit.plugins import grader, task
    from evalkit.ranking import leaderboard
    from evalkit.records import Completion, Grade, NonAnswer, Outcome, Record, Sample, Task
    from evalkit.rescoring import rescore
    from evalkit.runs import RunResult, load, run, run_async
    from evalkit.sampling import interleave
    from evalkit.scorecard import Scorecard, score
    from evalkit.tables import read_table
    from evalkit.text import plain, simplify

__all__ = [
    "Completion",
    "EvalkitError",
    "Grade",
    "NonAnswer",
    "Outcome",
    "Record",
    "RunResult",
    "Sample",
    "Scorecard",
    "Task",
    "ask",
    "behaviour",
    "compare",
    "count_outcomes",
    "grader",
    "interleave",
    "leaderboard",
    "load",
    "non_answer",
    "plain",
    "read_table",
    "record_features",
    "requires",
    "rescore",
    "run",
    "run_async",
    "score",
    "simplify",
    "task",
]

_HOMES = {
    "Completion": "records",
    "EvalkitError": "errors",
    "Grade": "records",
    "NonAnswer": "records",
    "Outcome": "records",
    "Record": "records",
    "RunResult": "runs",
    "Sample": "records",
    "Scorecard": "scorecard",
    "Task": "records",
    "ask": "models.asking",
    "behaviour": "comparing",
    "compare": "comparing",
    "count_outcomes": "frames",
    "grader": "plugins",
    "interleave": "sampling",
    "leaderboard": "ranking",
    "load": "runs",
    "non_answer": "abstention",
    "plain": "text",
    "read_table": "tables",
    "record_features": "frames",
    "requires": "extras",
    "rescore": "rescoring",
    "run": "runs",
    "run_async": "runs",
    "score": "scorecard",
    "simplify": "text",
    "task": "plugins",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'evalkit' has no attribute {name!r}")
    found = getattr(import_module(f"evalkit.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
