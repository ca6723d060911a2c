"""openai/evals: event logs, JSON lines that begin with {"spec": …}.

Schema: {spec{completion_fns, eval_name}}, then events {sample_id, type, data}: `sampling` with prompt and sampled,
`match` with correct, expected, picked, `metrics` with score or choice, and {final_report} anywhere. Events are joined
by sample_id. The verdict is match.correct, else metrics.score of 1 (right) or 0 (wrong), else metrics.correct; the
answer is what was picked, or the sampled text before the judge spoke. A sample without a verdict failed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.dataset.source import Head, Source, as_text
from evalkit.readers.base import ForeignRow, Reader, Verdict, read_each
from evalkit.readers.fields import Fields


class OpenaiEvalsReader(Reader):
    """Event logs."""

    name = "openai-evals"
    about = "openai/evals: event logs (JSON lines)"

    def sniff(self, head: Head) -> bool:
        """Tell by the first line: the specification, or an event."""
        if head.shape not in ("lines", "object"):
            return False
        return head.keys == {"spec"} or {"run_id", "event_id", "sample_id", "type", "data"} <= head.keys

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each sample from its events, in the order met."""
        model = task = ""
        samples: dict[str, list[Fields]] = {}
        for place, values in source.rows():
            event = Fields(values, source, place)
            if "spec" in event:
                spec = event.object("spec")
                model = str(next(iter(spec.array("completion_fns")), ""))
                task = spec.text("eval_name", "") or spec.text("base_eval", "")
            elif "sample_id" in event:
                samples.setdefault(event.text("sample_id"), []).append(event)
        items = ((events[0].place, (sample_id, events)) for sample_id, events in samples.items())
        yield from read_each(source, items, lambda item: _row(*item, model, task))


OPENAI_EVALS = OpenaiEvalsReader()


def _row(sample_id: str, events: list[Fields], model: str, task: str) -> ForeignRow:
    match = next((e.object("data", {}) for e in reversed(events) if e.text("type") == "match"), None)
    metrics = [e.object("data", {}) for e in events if e.text("type") == "metrics"]
    verdict: Verdict
    if match is not None:
        verdict = "right" if match.value("correct") else "wrong"
    else:
        verdict = next((found for data in metrics if (found := _verdict(data)) != "failed"), "failed")
    samplings = (e.object("data", {}) for e in events if e.text("type") == "sampling")
    sampling = next((data for data in samplings if not _is_judge(data)), None)
    return ForeignRow(
        sample_id=sample_id,
        verdict=verdict,
        text=as_text(sampling.value("sampled")) if sampling is not None else None,
        answer=as_text(match.value("picked")) if match is not None and "picked" in match else None,
        target=match.texts("expected") if match is not None else [],
        input=_question(sampling.value("prompt")) if sampling is not None else "",
        model=model,
        task=task,
        reason="no verdict" if verdict == "failed" else "",
    )


def _question(prompt: Any) -> str:
    """The last turn of a prompt, which is a text or a conversation."""
    last = prompt[-1] if isinstance(prompt, list) and prompt else prompt
    return as_text(last.get("content") if isinstance(last, dict) else last)


def _verdict(data: Fields) -> Verdict:
    for key in ("score", "correct", "accuracy"):
        value = data.value(key)
        if isinstance(value, (bool, int, float)):
            return "right" if value >= 1 else "wrong"
    return "failed"


def _is_judge(data: Fields) -> bool:
    return "expert answer" in str(data.value("prompt", "")).lower()
