"""Inspect AI: `.eval` archives (deflate or zstandard, finished or crashed) and `.json` logs.

Schema: a header {version, status, eval{model, task}, plan, results, error} and samples {id, epoch, input, choices,
target, output{completion, choices[]{message, stop_reason, stop_details}}, scores{scorer → score}, error}. In an archive
the header is `header.json`, or `_journal/start.json` where the run crashed; samples are `samples/{id}_epoch_{n}.json`
(an id may hold a /) or `samples/{id}_epoch_{n}/sample.json`. Read: id, epoch, model (eval.model, not what the API
called it), task, input, target, completion, and the scores (`evalkit.readers.inspect_scores`). A sample with an error
failed; one without scores was not judged, and --regrade may judge it. A confidence target that evalkit's solver stated
is read (`evalkit.readers.inspect_outcomes`), and of a sample's metadata `answerable: false` and `stratum`.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from evalkit.dataset.source import BadRowError, Head, Source, as_text
from evalkit.readers.base import ForeignRow, Place, Reader, document_fields, objects, read_each
from evalkit.readers.fields import Fields
from evalkit.readers.inspect_outcomes import stated_threshold
from evalkit.readers.inspect_scores import Chooser, Part, Score, interpret, parts_of
from evalkit.records import Usage

_SAMPLE = re.compile(r"samples/.+_epoch_\d+(?:\.json|/sample\.json)", re.DOTALL)
HEADER, START = "header.json", "_journal/start.json"
Samples = Iterable[tuple[Place, Fields]]


class InspectReader(Reader):
    """`.eval` and `.json`."""

    name = "inspect"
    about = "Inspect AI: .eval archives and .json logs"

    def sniff(self, head: Head) -> bool:
        """Tell a zip with a header or journal, or an object with the header's keys."""
        if head.shape == "zip":
            return HEADER in head.members or START in head.members
        return head.shape == "object" and {"status", "eval"} <= head.keys

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each sample and epoch."""
        if source.head.shape != "zip":
            log = document_fields(source)
            yield from _rows(source, log, lambda: objects(source, log.array("samples")))
            return
        with source.archive() as archive:
            finished = HEADER in archive.namelist()
            if not finished:
                source.warn(f"the run crashed: it has no {HEADER}; its samples are read all the same")
            values = source.member(archive, HEADER if finished else START)
            header = Fields({"log": values}, source, HEADER).object("log")
            yield from _rows(source, header, lambda: _samples(source, archive))


INSPECT = InspectReader()


def _samples(source: Source, archive: zipfile.ZipFile) -> Iterator[tuple[Place, Fields]]:
    for name in archive.namelist():
        if _SAMPLE.fullmatch(name):
            sample = source.member(archive, name)
            if isinstance(sample, dict):
                yield name, Fields(sample, source, name)
            else:
                source.bad(source.error_at(name, f"{type(sample).__name__} where an object should be"))


def _rows(source: Source, header: Fields, samples: Callable[[], Samples]) -> Iterator[ForeignRow]:
    run = header.object("eval")
    model, task = run.text("model"), run.text("task", "") or "inspect"
    _warn_of_status(source, header)
    chooser = Chooser(source, _survey(samples))
    yield from read_each(source, samples(), lambda sample: sample_row(sample, chooser, model, task))


def _warn_of_status(source: Source, header: Fields) -> None:
    status = header.text("status", "success")
    if status not in ("success", "started"):
        message = " ".join(header.object("error", {}).text("message", "").split())[:150]
        why = f" ({message})" if message else ""
        source.warn(f"the run ended with status {status}{why}; samples that it had not reached are not in the file")


def _survey(samples: Callable[[], Samples]) -> Iterator[list[Part]]:
    """The scores of all samples, where they hold more than one value that may be the verdict; else nothing."""
    for _, sample in samples():
        parts = _parts_of(sample)
        if len(parts) > 1:
            yield from (_parts_of(one) for _, one in samples())
            return
        if parts:
            return


def _parts_of(sample: Fields) -> list[Part]:
    try:
        return parts_of(sample)
    except BadRowError:  # said, or skipped, where its row is read
        return []


def sample_row(sample: Fields, chooser: Chooser, model: str, task: str) -> ForeignRow:
    """Read a sample of a log, with the score that is chosen.

    Raises:
        BadRowError: a field is missing or of another type than Inspect's.
    """
    output = sample.object("output", {})
    choice = output.first("choices")
    message = choice.object("message", {})
    text = output.text("completion", None)
    if text is None:
        text = message.text("content", "")
    score, stop = _score(sample, chooser), choice.text("stop_reason", "")
    return ForeignRow(
        sample_id=sample.text("id"),
        epoch=sample.integer("epoch", 1),
        verdict=score.verdict,
        mark=score.mark,
        score=score.score,
        by=score.by,
        text=text,
        answer=score.answer,
        unreadable=score.unreadable,
        target=sample.texts("target"),
        input=_question(sample),
        choices=sample.texts("choices") or None,
        model=model,
        task=task,
        credit=score.credit,
        attempted=score.attempted,
        threshold=score.threshold if score.threshold is not None else stated_threshold(sample),
        metadata=_metadata(sample),
        recorded=score.recorded,
        confidence=score.recorded.confidence if score.recorded else None,
        reasoning=_reasoning(message),
        usage=_usage(output.object("usage", {})),
        truncated=stop in ("max_tokens", "model_length", "length"),
        ended=stop == "stop",
        refused=score.refused or stop == "content_filter" or _declines(choice, message),
        latency=output.number("time", None),
        reason=score.reason,
    )


def _metadata(sample: Fields) -> dict[str, Any]:
    """What evalkit's own samples say of themselves."""
    given = sample.object("metadata", {})
    metadata: dict[str, Any] = {}
    if given.value("answerable", default=True) is False:
        metadata["answerable"] = False
    if isinstance(stratum := given.value("stratum"), str):
        metadata["stratum"] = stratum
    return metadata


def _reasoning(message: Fields) -> str | None:
    content = message.value("content")
    parts = content if isinstance(content, list) else []
    found = [as_text(part.get("reasoning")) for part in parts if isinstance(part, dict) and part.get("reasoning")]
    return "\n".join(found) or None


def _usage(given: Fields) -> Usage:
    """Tokens; Inspect counts those from a cache apart from the input."""
    if not any(given):
        return Usage()
    cached = given.integer("input_tokens_cache_read", 0) + given.integer("input_tokens_cache_write", 0)
    return Usage(
        prompt_tokens=given.integer("input_tokens", 0) + cached,
        completion_tokens=given.integer("output_tokens", 0),
        reasoning_tokens=given.integer("reasoning_tokens", None),
        cached_tokens=given.integer("input_tokens_cache_read", None),
    )


def _question(sample: Fields) -> str:
    if not isinstance(sample.value("input"), list):
        return sample.text("input", "")
    turns = [turn for turn in sample.array("input") if isinstance(turn, dict) and turn.get("role") == "user"]
    return "\n\n".join(as_text(turn.get("content")) for turn in turns)


def _declines(choice: Fields, message: Fields) -> bool:
    """Whether the provider says that the model refused: in the details of the stop, or in a part of the message."""
    details: Any = choice.value("stop_details")
    if isinstance(details, dict) and details.get("type") == "refusal":
        return True
    content = message.value("content")
    parts = content if isinstance(content, list) else []
    return any(isinstance(part, dict) and part.get("refusal") is True for part in parts)


def _score(sample: Fields, chooser: Chooser) -> Score:
    if error := sample.value("error"):
        return Score("failed", reason=as_text(error.get("message") if isinstance(error, dict) else error)[:300])
    parts = parts_of(sample)
    chosen = chooser.choose(parts, sample.source)
    if chosen is None:
        return Score("unscored", reason="no such score" if parts else "no score")
    return interpret(chosen)
