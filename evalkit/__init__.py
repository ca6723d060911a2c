"""evalkit: does this model know when it doesn't know, and what should that be worth?

The public API; everything is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalkit import metrics, theory
    from evalkit.abstention import non_answer
    from evalkit.abstention.final import FinalStatement, committed, final_statement
    from evalkit.analysis.behaviour import behaviour
    from evalkit.analysis.leaderboard import leaderboard
    from evalkit.dataset.fingerprint import fingerprint
    from evalkit.dataset.hub import BenchmarkRow, Hub, Rows, benchmark_rows, example_rows
    from evalkit.dataset.order import interleave, option_letters, right_answers, shuffled
    from evalkit.dataset.patch import find_patch, is_empty_patch
    from evalkit.dataset.table import read_table
    from evalkit.errors import EvalkitError
    from evalkit.exports.export import export
    from evalkit.exports.push import push
    from evalkit.extras import docker_runs, requires
    from evalkit.grading.confidence import split_verbal
    from evalkit.grading.grade import grade_with
    from evalkit.grading.judge import ask_mark, ask_verdict
    from evalkit.grading.preference import ask_preference
    from evalkit.models.base import Model, ModelOptions, Provider, Request, open_model
    from evalkit.models.plain import plain_prompt
    from evalkit.models.pool import ask
    from evalkit.models.providers import ChatProvider
    from evalkit.plugins import grader, make_task, metric, task
    from evalkit.readers.base import ForeignRow, Reader, reader
    from evalkit.readers.fields import Fields
    from evalkit.records import Completion, Grade, Message, NonAnswer, Outcome, Record, Sample, Task
    from evalkit.report.audit import audit
    from evalkit.report.compare import compare
    from evalkit.report.gate import gate
    from evalkit.report.iiv import ask_is_it_valid, is_it_valid
    from evalkit.report.leaderboard import rank
    from evalkit.report.open_rubric import open_rubric
    from evalkit.report.plot import plot
    from evalkit.report.power import power
    from evalkit.report.probe import probe
    from evalkit.rescoring.rescore import rescore, rescore_async
    from evalkit.runs.batch_files import read_batch, read_batch_async, write_batch, write_batch_async
    from evalkit.runs.dataframe import count_outcomes, record_features
    from evalkit.runs.load import load
    from evalkit.runs.merge import merge
    from evalkit.runs.regrade import regrade, regrade_async
    from evalkit.runs.result import RunResult
    from evalkit.runs.retry import retry, retry_async
    from evalkit.runs.scorecard import Scorecard, score
    from evalkit.runs.start import run, run_async
    from evalkit.text import last_boxed, lettered, plain, simplify

__all__ = [
    "BenchmarkRow",
    "ChatProvider",
    "Completion",
    "EvalkitError",
    "Fields",
    "FinalStatement",
    "ForeignRow",
    "Grade",
    "Hub",
    "Message",
    "Model",
    "ModelOptions",
    "NonAnswer",
    "Outcome",
    "Provider",
    "Reader",
    "Record",
    "Request",
    "Rows",
    "RunResult",
    "Sample",
    "Scorecard",
    "Task",
    "ask",
    "ask_is_it_valid",
    "ask_mark",
    "ask_preference",
    "ask_verdict",
    "audit",
    "behaviour",
    "benchmark_rows",
    "committed",
    "compare",
    "count_outcomes",
    "docker_runs",
    "example_rows",
    "export",
    "final_statement",
    "find_patch",
    "fingerprint",
    "gate",
    "grade_with",
    "grader",
    "interleave",
    "is_empty_patch",
    "is_it_valid",
    "last_boxed",
    "leaderboard",
    "lettered",
    "load",
    "make_task",
    "merge",
    "metric",
    "metrics",
    "non_answer",
    "open_model",
    "open_rubric",
    "option_letters",
    "plain",
    "plain_prompt",
    "plot",
    "power",
    "probe",
    "push",
    "rank",
    "read_batch",
    "read_batch_async",
    "read_table",
    "reader",
    "record_features",
    "regrade",
    "regrade_async",
    "requires",
    "rescore",
    "rescore_async",
    "retry",
    "retry_async",
    "right_answers",
    "run",
    "run_async",
    "score",
    "shuffled",
    "simplify",
    "split_verbal",
    "task",
    "theory",
    "write_batch",
    "write_batch_async",
]

_HOMES = {
    "BenchmarkRow": "dataset.hub",
    "ChatProvider": "models.providers",
    "Completion": "records",
    "EvalkitError": "errors",
    "Fields": "readers.fields",
    "FinalStatement": "abstention.final",
    "ForeignRow": "readers.base",
    "Grade": "records",
    "Hub": "dataset.hub",
    "Message": "records",
    "Model": "models.base",
    "ModelOptions": "models.base",
    "NonAnswer": "records",
    "Outcome": "records",
    "Provider": "models.base",
    "Reader": "readers.base",
    "Record": "records",
    "Request": "models.base",
    "Rows": "dataset.hub",
    "RunResult": "runs.result",
    "Sample": "records",
    "Scorecard": "runs.scorecard",
    "Task": "records",
    "ask": "models.pool",
    "ask_is_it_valid": "report.iiv",
    "ask_mark": "grading.judge",
    "ask_preference": "grading.preference",
    "ask_verdict": "grading.judge",
    "audit": "report.audit",
    "behaviour": "analysis.behaviour",
    "benchmark_rows": "dataset.hub",
    "committed": "abstention.final",
    "compare": "report.compare",
    "count_outcomes": "runs.dataframe",
    "example_rows": "dataset.hub",
    "export": "exports.export",
    "final_statement": "abstention.final",
    "find_patch": "dataset.patch",
    "fingerprint": "dataset.fingerprint",
    "gate": "report.gate",
    "grade_with": "grading.grade",
    "grader": "plugins",
    "interleave": "dataset.order",
    "is_empty_patch": "dataset.patch",
    "is_it_valid": "report.iiv",
    "last_boxed": "text",
    "leaderboard": "analysis.leaderboard",
    "lettered": "text",
    "load": "runs.load",
    "make_task": "plugins",
    "merge": "runs.merge",
    "metric": "plugins",
    "non_answer": "abstention",
    "open_model": "models.base",
    "open_rubric": "report.open_rubric",
    "option_letters": "dataset.order",
    "plain": "text",
    "plain_prompt": "models.plain",
    "plot": "report.plot",
    "power": "report.power",
    "probe": "report.probe",
    "push": "exports.push",
    "rank": "report.leaderboard",
    "read_table": "dataset.table",
    "reader": "readers.base",
    "record_features": "runs.dataframe",
    "read_batch": "runs.batch_files",
    "read_batch_async": "runs.batch_files",
    "regrade": "runs.regrade",
    "regrade_async": "runs.regrade",
    "docker_runs": "extras",
    "requires": "extras",
    "rescore": "rescoring.rescore",
    "rescore_async": "rescoring.rescore",
    "retry": "runs.retry",
    "retry_async": "runs.retry",
    "right_answers": "dataset.order",
    "run": "runs.start",
    "run_async": "runs.start",
    "score": "runs.scorecard",
    "shuffled": "dataset.order",
    "simplify": "text",
    "split_verbal": "grading.confidence",
    "task": "plugins",
    "write_batch": "runs.batch_files",
    "write_batch_async": "runs.batch_files",
}
_PACKAGES = ("metrics", "theory")
"""Public packages, imported when they are first used as `evalkit.theory`."""


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"evalkit.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'evalkit' has no attribute {name!r}")
    found = getattr(import_module(f"evalkit.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
