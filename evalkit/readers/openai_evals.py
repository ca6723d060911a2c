"""openai/evals: event logs, JSON lines that begin with {"spec": …}.

Schema: {spec{completion_fns, eval_name}}, then events {sample_id, type, data}: `sampling` with prompt and sampled,
`match` with correct, expected, picked, `metrics` with score or choice, and {final_report} anywhere. Events are joined
by sample_id. The verdict is match.correct, else metrics.score, else metrics.correct; the answer is what was picked, or
the sampled text before the judge spoke. A judge's choice `__invalid__` is no verdict, whatever its score: elsuite/
modelgraded/classify_utils.py writes it where the judge's answer names none of the choices. A sample without a verdict
was not judged; an `error` event means that it failed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from evalkit.dataset.source import Head, Source, as_text
from evalkit.readers.base import ForeignRow, Reader, Verdict, read_each
from evalkit.readers.fields import Fields

INVALID = "__invalid__"


class _Read(NamedTuple):
    """What the events of a sample say of its answer."""

    verdict: Verdict | None
    mark: str = ""
    score: float | None = None
    by: str = ""
    reason: str = ""


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
    read = _of_match(match) if match is not None else _of_metrics(events)
    samplings = (e.object("data", {}) for e in events if e.text("type") == "sampling")
    sampling = next((data for data in samplings if not _is_judge(data)), None)
    return ForeignRow(
        sample_id=sample_id,
        verdict=read.verdict,
        mark=read.mark,
        score=read.score,
        by=read.by,
        text=as_text(sampling.value("sampled")) if sampling is not None else None,
        answer=as_text(match.value("picked")) if match is not None and "picked" in match else None,
        target=match.texts("expected") if match is not None else [],
        input=_question(sampling.value("prompt")) if sampling is not None else "",
        model=model,
        task=task,
        reason=read.reason,
    )


def _question(prompt: Any) -> str:
    """The last turn of a prompt, which is a text or a conversation."""
    last = prompt[-1] if isinstance(prompt, list) and prompt else prompt
    return as_text(last.get("content") if isinstance(last, dict) else last)


def _of_match(match: Fields) -> _Read:
    """The verdict of a match, true or false."""
    correct = match.value("correct")
    if isinstance(correct, bool):
        return _Read("right" if correct else "wrong", by="match")
    return _Read(None, score=match.number("correct"), by="match") if "correct" in match else _Read("unscored")


def _of_metrics(events: list[Fields]) -> _Read:
    """The verdict of metrics: a score, beside a judge's choice where a judge was asked."""
    for data in (event.object("data", {}) for event in events if event.text("type") == "metrics"):
        choice = data.text("choice", "")
        if choice == INVALID:
            return _Read("unscored", mark=choice, by="choice", reason="the judge's answer names no choice")
        for key in ("score", "correct", "accuracy"):
            value = data.value(key)
            if isinstance(value, (bool, int, float)):
                return _Read(None, mark=choice, score=float(value), by=key)
        if choice and "score" in [*data]:  # its specification gives the choices no scores
            return _Read("unscored", mark=choice, by="choice", reason=f"the choice {choice} has no score")
        if choice:
            return _Read(None, mark=choice, by="choice")
    error = next((event.object("data", {}) for event in events if event.text("type") == "error"), None)
    if error is not None:
        return _Read("failed", reason=error.text("message", "")[:300] or "an error event")
    return _Read("unscored", reason="no verdict")


def _is_judge(data: Fields) -> bool:
    return "expert answer" in str(data.value("prompt", "")).lower()
