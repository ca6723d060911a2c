"""openai/evals: event logs, JSON lines that begin with {"spec": …}.

Schema: {spec{completion_fns, eval_name}}, then events {sample_id, type, data}: `sampling` with prompt and sampled,
`match` with correct, expected, picked, `metrics` with score or choice, and {final_report} anywhere. Events are joined
by sample_id. The verdict is match.correct, else metrics.score of 1 (right) or 0 (wrong), else metrics.correct; the
answer is what was picked, or the sampled text before the judge spoke. A sample without a verdict failed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.dataset.source import Head, Source, as_text, targets_of
from evalkit.readers.base import Row, Verdict


class OpenaiEvalsReader:
    """Event logs."""

    about = "openai/evals: event logs (JSON lines)"

    def sniff(self, head: Head) -> bool:
        """The first line is the specification, or an event."""
        if head.shape not in ("lines", "object"):
            return False
        return head.keys == {"spec"} or {"run_id", "event_id", "sample_id", "type", "data"} <= head.keys

    def read(self, source: Source) -> Iterator[Row]:
        """One row a sample, in the order met."""
        model = task = ""
        samples: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        for number, event in source.rows():
            with source.at(number):
                if spec := event.get("spec"):
                    model = str((spec.get("completion_fns") or [""])[0])
                    task = str(spec.get("eval_name") or spec.get("base_eval") or "")
                elif event.get("sample_id") is not None:
                    samples.setdefault(str(event["sample_id"]), []).append((number, event))
        for sample_id, events in samples.items():
            with source.at(events[0][0]):
                row = _row(sample_id, [event for _, event in events])
            row.model, row.task, row.line = model, task, events[0][0]
            yield row


READER = OpenaiEvalsReader()


def _row(sample_id: str, events: list[dict[str, Any]]) -> Row:
    verdict: Verdict = "failed"
    answer, target, text, question = None, [], None, ""
    for event in events:
        data = event.get("data") or {}
        if event["type"] == "match":
            verdict = "right" if data.get("correct") else "wrong"
            target = targets_of(data.get("expected"))
            picked = data.get("picked")
            answer = None if picked is None else as_text(picked)
        elif event["type"] == "metrics" and verdict == "failed":
            verdict = _metric(data)
        elif event["type"] == "sampling" and text is None and not _is_judge(data):
            text = as_text(data.get("sampled"))
            prompt = data.get("prompt")
            question = as_text(prompt[-1].get("content")) if isinstance(prompt, list) and prompt else as_text(prompt)
    reason = "no verdict" if verdict == "failed" else ""
    return Row(sample_id, verdict, text, answer, target, question, reason=reason)


def _metric(data: dict[str, Any]) -> Verdict:
    for key in ("score", "correct", "accuracy"):
        value = data.get(key)
        if isinstance(value, (bool, int, float)):
            return "right" if value >= 1 else "wrong"
    return "failed"


def _is_judge(data: dict[str, Any]) -> bool:
    return "expert answer" in str(data.get("prompt", "")).lower()
