"""SWE-bench: predictions, evaluation reports old and new, SWE-bench Pro results.

* predictions {instance_id, model_patch, model_name_or_path}: no verdict; an empty patch is no answer.
* docker report {generated, no_generation, resolved, applied, …}: lists of ids, sometimes doubled. Resolved is right;
  in no_generation and not in generated is an empty patch; install_fail, reset_failed, test_timeout and test_errored
  without a result are failures of the infrastructure; the rest is wrong, a patch that does not apply included.
* report {submitted_ids, resolved_ids or resolved, empty_patch_ids, error_ids, infra_failure_ids}: likewise.
* Pro {instance → bool}.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.dataset.source import Head, Source
from evalkit.readers.base import Row, RowReader, has

TASK = "swe-bench"


def _prediction(row: dict[str, Any], number: int) -> Row:
    patch = row.get("model_patch", row.get("modelPatch")) or ""
    resolved = row.get("resolved")
    verdict: Any = "right" if resolved is True else "wrong" if resolved is False else None
    if verdict is None and patch.strip():
        return Row(_id(row), "failed", model=_model(row), reason="not evaluated", line=number)
    return Row(_id(row), verdict or "wrong", text=patch, claims=bool(patch.strip()), model=_model(row), line=number)


def _id(row: dict[str, Any]) -> str:
    return str(row["instance_id"] if "instance_id" in row else row["instanceId"])


def _model(row: dict[str, Any]) -> str:
    return str(row.get("model_name_or_path") or row.get("model") or "")


def _is_predictions(head: Head) -> bool:
    return has("instance_id", "model_patch")(head) or has("instanceId", "modelPatch")(head)


class ReportReader:
    """Reports of ids by what became of them."""

    about = "SWE-bench: report of a run (lists of instance ids)"

    def sniff(self, head: Head) -> bool:
        """By the names of the lists."""
        if head.shape != "object":
            return False
        old = {"no_generation", "generated", "resolved"} <= head.keys
        return old or (
            {"submitted_ids", "empty_patch_ids"} <= head.keys and bool({"resolved_ids", "resolved"} & head.keys)
        )

    def read(self, source: Source) -> Iterator[Row]:
        """One row an instance that was submitted."""
        with source.at("report"):
            report = {key: set(value) for key, value in source.document().items() if isinstance(value, list)}
        old = "no_generation" in report
        everything = report["generated"] | report["no_generation"] if old else report["submitted_ids"]
        right = report.get("resolved_ids") or report.get("resolved") or set()
        empty = report["no_generation"] - report["generated"] if old else report["empty_patch_ids"]
        broken = set() if old else report.get("infra_failure_ids", set()) - right
        if old:
            broken = (report.get("install_fail", set()) | report.get("reset_failed", set())) - right
        for number, name in enumerate(sorted(everything | right), start=1):
            if name in right:
                yield Row(str(name), "right", claims=True, task=TASK, line=number)
            elif name in broken:
                yield Row(str(name), "failed", reason="infrastructure", task=TASK, line=number)
            elif name in empty:
                yield Row(str(name), "wrong", text="", task=TASK, line=number, reason="no patch")
            else:
                yield Row(str(name), "wrong", claims=True, task=TASK, line=number, reason="not resolved")


class ProReader:
    """SWE-bench Pro."""

    about = "SWE-bench Pro: eval_results.json (instance → resolved)"

    def sniff(self, head: Head) -> bool:
        """An object of nothing but true and false."""
        return head.shape == "object" and bool(head.first) and all(isinstance(v, bool) for v in head.first.values())

    def read(self, source: Source) -> Iterator[Row]:
        """One row an instance."""
        for number, (name, resolved) in enumerate(source.document().items(), start=1):
            yield Row(str(name), "right" if resolved else "wrong", claims=True, task="swe-bench-pro", line=number)


PREDICTIONS = RowReader("SWE-bench: predictions (an empty patch is no answer)", _is_predictions, _prediction, task=TASK)
REPORT = ReportReader()
PRO = ProReader()
