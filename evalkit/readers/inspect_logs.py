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
from typing import Any

from evalkit.dataset.source import Head, Source, as_text, targets_of
from evalkit.readers.base import Row, Verdict

_SAMPLE = re.compile(r"samples/[^/]+(?:\.json|/sample\.json)")
_RIGHT = {"C", "c", "correct", "true", "yes"}
_WRONG = {"I", "i", "incorrect", "false", "no", "P", "p"}


class InspectReader:
    """`.eval` and `.json`."""

    about = "Inspect AI: .eval archives and .json logs"

    def sniff(self, head: Head) -> bool:
        """A zip with a header or journal, or an object with the header's keys."""
        if head.shape == "zip":
            return any(name in ("header.json", "_journal/start.json") for name in head.members)
        return head.shape == "object" and {"status", "eval"} <= head.keys and "samples" in head.keys | {"samples"}

    def read(self, source: Source) -> Iterator[Row]:
        """One row a sample and epoch."""
        if source.head.shape != "zip":
            log = source.document()
            yield from _rows(source, log, enumerate(log.get("samples") or [], start=1))
            return
        with source.archive() as archive:
            names = set(archive.namelist())
            header = source.member(archive, "header.json" if "header.json" in names else "_journal/start.json")
            if "header.json" not in names:
                source.warn("the run crashed: it has no header.json; its samples are read all the same")
            yield from _rows(source, header, _samples(source, archive))


READER = InspectReader()


def _samples(source: Source, archive: zipfile.ZipFile) -> Iterator[tuple[str, Any]]:
    for name in archive.namelist():
        if _SAMPLE.fullmatch(name):
            yield name, source.member(archive, name)


def _rows(source: Source, header: dict[str, Any], samples: Any) -> Iterator[Row]:
    with source.at("eval"):
        model, task = str(header["eval"]["model"]), str(header["eval"].get("task") or "inspect")
    for where, sample in samples:
        with source.at(where):
            yield _row(source, sample, model, task, where)


def _row(source: Source, sample: dict[str, Any], model: str, task: str, where: object) -> Row:
    output = sample.get("output") or {}
    choice = (output.get("choices") or [{}])[0]
    text = output.get("completion")
    if text is None:
        text = as_text((choice.get("message") or {}).get("content"))
    verdict, answer, reason, raw = _verdict(source, sample)
    stop = choice.get("stop_reason")
    return Row(
        sample_id=str(sample["id"]),
        epoch=int(sample.get("epoch") or 1),
        verdict=verdict,
        text=as_text(text),
        answer=answer,
        target=targets_of(sample.get("target")),
        input=_question(sample.get("input")),
        choices=sample.get("choices") or None,
        model=model,
        task=task,
        truncated=stop in ("max_tokens", "length"),
        refused=stop == "content_filter",
        reason=reason,
        raw=raw,
        line=where if isinstance(where, int) else 0,
    )


def _question(found: Any) -> str:
    if isinstance(found, list):
        return "\n\n".join(as_text(m.get("content")) for m in found if isinstance(m, dict) and m.get("role") == "user")
    return as_text(found)


def _verdict(source: Source, sample: dict[str, Any]) -> tuple[Verdict | None, str | None, str, str]:
    if sample.get("error"):
        return "failed", None, as_text(sample["error"].get("message"))[:300], ""
    scores = {name: score for name, score in (sample.get("scores") or {}).items() if isinstance(score, dict)}
    if not scores:
        return "failed", None, "no score", ""
    found = {name: _value(score.get("value")) for name, score in scores.items()}
    name = source.scorer if source.scorer in found else next(iter(found))
    if len(set(found.values())) > 1 and name != source.scorer:
        said = ", ".join(f"{scorer}: {value}" for scorer, value in found.items())
        source.warn(f"its scorers disagree on some samples ({said}); {name} is taken, --scorer takes another")
    answer = scores[name].get("answer")
    return found[name], None if answer is None else as_text(answer), f"scorer {name}", str(scores[name].get("value"))


def _value(value: Any) -> Verdict | None:
    if isinstance(value, dict):  # a score of several parts: the first decides
        value = next(iter(value.values()), None)
    if isinstance(value, bool):
        return "right" if value else "wrong"
    if isinstance(value, (int, float)):
        return "right" if value >= 1 else "wrong"
    if value in ("N", "n", "noanswer"):
        return "idk"
    if value in _RIGHT:
        return "right"
    return "wrong" if value in _WRONG else None
