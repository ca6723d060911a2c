"""Inspect AI: `.eval` archives (deflate or zstandard, finished or crashed) and `.json` logs.

Schema: a header {version, status, eval{model, task}, plan, results} and samples {id, epoch, input, choices, target,
output{completion, choices[]{message, stop_reason}}, scores{scorer → {value, answer, explanation}}, error}. In an
archive the header is `header.json`, or `_journal/start.json` where the run crashed; samples are
`samples/{id}_epoch_{n}.json` or `samples/{id}_epoch_{n}/sample.json`. Read: id, epoch, model (eval.model, not what
the API called it), task, input, target, completion, and of each scorer value and answer. C, 1 and true are right; N
is the format's mark for no answer, I and 0 are wrong, P is half credit and not right; a sample with an error, or
without scores, failed.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import Any, NamedTuple

from evalkit.dataset.source import Head, Source, as_text
from evalkit.readers.base import ForeignRow, Place, Reader, Verdict, document_fields, objects, read_each
from evalkit.readers.fields import Fields

_SAMPLE = re.compile(r"samples/[^/]+(?:\.json|/sample\.json)")
_RIGHT = {"C", "c", "correct", "true", "yes"}
_WRONG = {"I", "i", "incorrect", "false", "no", "P", "p"}
_NO_ANSWER = {"N", "n", "noanswer"}
HEADER, START = "header.json", "_journal/start.json"


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
            yield from _rows(source, log, objects(source, log.array("samples")))
            return
        with source.archive() as archive:
            finished = HEADER in archive.namelist()
            if not finished:
                source.warn(f"the run crashed: it has no {HEADER}; its samples are read all the same")
            values = source.member(archive, HEADER if finished else START)
            header = Fields({"log": values}, source, HEADER).object("log")
            yield from _rows(source, header, _samples(source, archive))


INSPECT = InspectReader()


class _Score(NamedTuple):
    verdict: Verdict | None
    answer: str | None = None
    reason: str = ""
    mark: str = ""


def _samples(source: Source, archive: zipfile.ZipFile) -> Iterator[tuple[Place, Fields]]:
    for name in archive.namelist():
        if _SAMPLE.fullmatch(name):
            sample = source.member(archive, name)
            if isinstance(sample, dict):
                yield name, Fields(sample, source, name)
            else:
                source.bad(source.error_at(name, f"{type(sample).__name__} where an object should be"))


def _rows(source: Source, header: Fields, samples: Iterator[tuple[Place, Fields]]) -> Iterator[ForeignRow]:
    run = header.object("eval")
    model, task = run.text("model"), run.text("task", "") or "inspect"
    yield from read_each(source, samples, lambda sample: _row(sample, model, task))


def _row(sample: Fields, model: str, task: str) -> ForeignRow:
    output = sample.object("output", {})
    choice = output.first("choices")
    text = output.text("completion", None)
    if text is None:
        text = choice.object("message", {}).text("content", "")
    score, stop = _score(sample), choice.text("stop_reason", "")
    return ForeignRow(
        sample_id=sample.text("id"),
        epoch=sample.integer("epoch", 1),
        verdict=score.verdict,
        text=text,
        answer=score.answer,
        target=sample.texts("target"),
        input=_question(sample),
        choices=sample.texts("choices") or None,
        model=model,
        task=task,
        truncated=stop in ("max_tokens", "length"),
        refused=stop == "content_filter",
        reason=score.reason,
        mark=score.mark,
    )


def _question(sample: Fields) -> str:
    if not isinstance(sample.value("input"), list):
        return sample.text("input", "")
    turns = [turn for turn in sample.array("input") if isinstance(turn, dict) and turn.get("role") == "user"]
    return "\n\n".join(as_text(turn.get("content")) for turn in turns)


def _score(sample: Fields) -> _Score:
    if error := sample.value("error"):
        return _Score("failed", reason=as_text(error.get("message") if isinstance(error, dict) else error)[:300])
    given = sample.object("scores", {})
    scores = {name: given.object(name) for name in given if isinstance(given.value(name), dict)}
    if not scores:
        return _Score("failed", reason="no score")
    verdicts = {name: _verdict(score.value("value")) for name, score in scores.items()}
    source = sample.source
    name = source.scorer if source.scorer in verdicts else next(iter(verdicts))
    if len(set(verdicts.values())) > 1 and name != source.scorer:
        listed = ", ".join(f"{scorer}: {verdict}" for scorer, verdict in verdicts.items())
        source.warn(f"its scorers disagree on some samples ({listed}); {name} is taken, --scorer takes another")
    score = scores[name]
    return _Score(verdicts[name], score.text("answer", None), f"scorer {name}", str(score.value("value")))


def _verdict(value: Any) -> Verdict | None:
    if isinstance(value, dict):  # a score of several parts: the first decides
        value = next(iter(value.values()), None)
    if isinstance(value, (bool, int, float)):
        return "right" if value >= 1 else "wrong"
    if not isinstance(value, str):
        return None
    if value in _NO_ANSWER:
        return "idk"
    return "right" if value in _RIGHT else "wrong" if value in _WRONG else None
