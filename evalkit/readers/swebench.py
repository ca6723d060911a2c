"""SWE-bench: predictions, evaluation reports old and new, SWE-bench Pro results.

* predictions {instance_id, model_patch, model_name_or_path}: no verdict. `[]` and null are empty patches; what stands
  in a patch's place beside `resolved` is sorted as the grader `patch` does.
* docker report {generated, no_generation, resolved, applied, …}: lists of ids, sometimes doubled. Resolved is right;
  in no_generation and not in generated is an empty patch; install_fail and reset_failed without a result are failures
  of the infrastructure; the rest is wrong, a patch that does not apply included.
* report {submitted_ids, resolved_ids or resolved, empty_patch_ids, error_ids, infra_failure_ids}: likewise. error_ids
  are a catch-all, of patches that do not apply and of broken containers; the publisher counts them as not resolved, and
  so does this reader, unless infra_failure_ids holds them too, or `--verdict error_ids=failed` says otherwise.
* Pro {instance → bool}, whose keys are instance_OWNER__REPOSITORY-COMMIT.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from evalkit.dataset.patch import find_patch, is_empty_patch
from evalkit.dataset.source import Head, Source
from evalkit.readers.base import ForeignRow, Reader, Verdict, document_fields, has, reader
from evalkit.readers.fields import Fields

TASK = "swe-bench"
_PRO = re.compile(r"instance_[^\s/]+__[^\s/]+-[0-9a-f]{7,}")
_STEMS = ("all_preds", "eval_results", "eval_results_*")


def _is_predictions(head: Head) -> bool:
    return has("instance_id", "model_patch")(head) or has("instanceId", "modelPatch")(head)


@reader(
    "swe-bench-predictions",
    about="SWE-bench: predictions (an empty patch is no answer)",
    sniff=_is_predictions,
    task=TASK,
    stems=_STEMS,
)
def swe_bench_predictions(row: Fields) -> ForeignRow:
    """Read one patch."""
    name = row.text("instance_id" if "instance_id" in row else "instanceId")
    model = row.text("model_name_or_path", "") or row.text("model", "")
    patch, resolved = row.text("model_patch", None), row.value("resolved")
    patch = row.text("modelPatch", "") if patch is None else patch
    if is_empty_patch(patch) and resolved is not True:
        return ForeignRow(sample_id=name, verdict="wrong", text="", model=model)
    if not isinstance(resolved, bool):
        reason = "not evaluated"
        return ForeignRow(sample_id=name, verdict="unscored", text=patch, attempted=True, model=model, reason=reason)
    found = find_patch(patch) is not None
    return ForeignRow(
        sample_id=name,
        verdict="right" if resolved else "wrong",
        text=patch,
        attempted=found,
        unreadable=not found,
        model=model,
    )


class ReportReader(Reader):
    """Reports of ids by what became of them."""

    name = "swe-bench"
    about = "SWE-bench: report of a run (lists of instance ids)"
    stems = _STEMS

    def sniff(self, head: Head) -> bool:
        """Tell by the names of the lists."""
        if head.shape != "object":
            return False
        old = {"no_generation", "generated", "resolved"} <= head.keys
        new = {"submitted_ids", "empty_patch_ids"} <= head.keys and bool({"resolved_ids", "resolved"} & head.keys)
        return old or new

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each instance that was submitted."""
        lists = _lists(document_fields(source))
        for number, name in enumerate(sorted(lists.submitted | lists.resolved), start=1):
            if name in lists.resolved:
                yield ForeignRow(sample_id=name, verdict="right", attempted=True, task=TASK, place=number)
            elif name in lists.broken:
                yield ForeignRow(sample_id=name, verdict="failed", reason="infrastructure", task=TASK, place=number)
            elif name in lists.empty:
                yield ForeignRow(sample_id=name, verdict="wrong", text="", reason="no patch", task=TASK, place=number)
            else:
                mark = "error_ids" if name in lists.erred else ""
                reason = "no result (error_ids)" if mark else "not resolved"
                yield ForeignRow(
                    sample_id=name, verdict="wrong", mark=mark, attempted=True, reason=reason, task=TASK, place=number
                )


class _Lists(NamedTuple):
    submitted: set[str]
    resolved: set[str]
    empty: set[str]
    broken: set[str]
    """No result because the infrastructure failed."""
    erred: set[str]
    """No result for a reason that the report does not tell."""


def _lists(report: Fields) -> _Lists:
    # `resolved` is a count where `resolved_ids` is the list.
    ids = {name: set(report.texts(name)) for name in report if isinstance(report.value(name), list)}
    resolved = ids.get("resolved_ids") or ids.get("resolved") or set()
    if "no_generation" in ids:
        generated, none = ids.get("generated", set()), ids["no_generation"]
        broken = ids.get("install_fail", set()) | ids.get("reset_failed", set())
        return _Lists(generated | none, resolved, none - generated, broken - resolved, set())
    submitted, empty = {*report.texts("submitted_ids")}, {*report.texts("empty_patch_ids")}
    broken = ids.get("infra_failure_ids", set()) - resolved
    return _Lists(submitted, resolved, empty, broken, ids.get("error_ids", set()))


class ProReader(Reader):
    """SWE-bench Pro."""

    name = "swe-bench-pro"
    about = "SWE-bench Pro: eval_results.json (instance → resolved)"
    stems = _STEMS

    def sniff(self, head: Head) -> bool:
        """Tell an object of instances, each true or false."""
        return (
            head.shape == "object"
            and bool(head.first)
            and all(_PRO.match(str(key)) and isinstance(value, bool) for key, value in head.first.items())
        )

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each instance."""
        report = document_fields(source)
        for number, name in enumerate(report, start=1):
            verdict: Verdict = "right" if report.flag(name) else "wrong"
            yield ForeignRow(sample_id=name, verdict=verdict, attempted=True, task="swe-bench-pro", place=number)


SWE_BENCH = ReportReader()
SWE_BENCH_PRO = ProReader()
