"""evalkit: does this model know when it doesn't know, and what should that be worth?

The public API; everything is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalkit.abstention import non_answer
    from evalkit.benchmarks import BenchmarkRow, Hub, Rows, benchmark_rows
    from evalkit.comparing import behaviour, compare
    from evalkit.errors import EvalkitError
    from evalkit.extras import requires
    from evalkit.frames import count_outcomes, record_features
    from evalkit.grading import grade_with
    from evalkit.judging import ask_mark, ask_verdict
    from evalkit.loading import load
    from evalkit.models.asking import ask
    from evalkit.patches import find_patch
    from evalkit.plugins import grader, make_task, task
    from evalkit.ranking import leaderboard
    from evalkit.records import Completion, Grade, Message, NonAnswer, Outcome, Record, Sample, Task
    from evalkit.rescoring import rescore
    from evalkit.runs import RunResult, run, run_async
    from evalkit.sampling import interleave, option_letters, right_answers, shuffled
    from evalkit.scorecard import Scorecard, score
    from evalkit.tables import read_table
    from evalkit.text import last_boxed, lettered, plain, simplify

__all__ = [
    "BenchmarkRow",
    "Completion",
    "EvalkitError",
    "Grade",
    "Hub",
    "Message",
    "NonAnswer",
    "Outcome",
    "Record",
    "Rows",
    "RunResult",
    "Sample",
    "Scorecard",
    "Task",
    "ask",
    "ask_mark",
    "ask_verdict",
    "behaviour",
    "benchmark_rows",
    "compare",
    "count_outcomes",
    "find_patch",
    "grade_with",
    "grader",
    "interleave",
    "last_boxed",
    "leaderboard",
    "lettered",
    "load",
    "make_task",
    "non_answer",
    "option_letters",
    "plain",
    "read_table",
    "record_features",
    "requires",
    "rescore",
    "right_answers",
    "run",
    "run_async",
    "score",
    "shuffled",
    "simplify",
    "task",
]

_HOMES = {
    "BenchmarkRow": "benchmarks",
    "Completion": "records",
    "EvalkitError": "errors",
    "Grade": "records",
    "Hub": "benchmarks",
    "Message": "records",
    "NonAnswer": "records",
    "Outcome": "records",
    "Record": "records",
    "Rows": "benchmarks",
    "RunResult": "runs",
    "Sample": "records",
    "Scorecard": "scorecard",
    "Task": "records",
    "ask": "models.asking",
    "ask_mark": "judging",
    "ask_verdict": "judging",
    "behaviour": "comparing",
    "benchmark_rows": "benchmarks",
    "compare": "comparing",
    "count_outcomes": "frames",
    "find_patch": "patches",
    "grade_with": "grading",
    "grader": "plugins",
    "interleave": "sampling",
    "leaderboard": "ranking",
    "last_boxed": "text",
    "lettered": "text",
    "load": "loading",
    "make_task": "plugins",
    "non_answer": "abstention",
    "option_letters": "sampling",
    "plain": "text",
    "read_table": "tables",
    "record_features": "frames",
    "requires": "extras",
    "rescore": "rescoring",
    "right_answers": "sampling",
    "run": "runs",
    "run_async": "runs",
    "score": "scorecard",
    "shuffled": "sampling",
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
