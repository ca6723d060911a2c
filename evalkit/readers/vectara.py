"""Vectara's hallucination leaderboard: judgments.jsonl, with the summaries in summaries.jsonl beside it.

Schema: {summary_uid, hhem_score, is_valid}: not valid is no answer; a score from the pass mark, by default 0.5, is
right. Uids repeat where texts do, so a row's place is its id. summaries.jsonl {summary_uid, summary, company,
model_name} has the texts and the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from evalkit.dataset.source import Head, Source
from evalkit.errors import InputError
from evalkit.readers.base import ForeignRow, Reader, has, read_each
from evalkit.readers.fields import Fields
from evalkit.readers.scores import pass_mark

PASS_MARK = 0.5
SUMMARIES = "summaries.jsonl"


class VectaraReader(Reader):
    """Judgements with the summaries beside them."""

    name = "vectara"
    about = "Vectara hallucination leaderboard: judgments.jsonl"
    rule = "right from the pass mark, an HHEM score of 0.5"
    stems = ("judgments",)

    def sniff(self, head: Head) -> bool:
        """Tell by its keys."""
        return has("summary_uid", "hhem_score", "is_valid")(head)

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each judgement with its summary."""
        mark = pass_mark(source, PASS_MARK)
        texts, model = _summaries(source, source.path.with_name(SUMMARIES))
        rows = ((place, Fields(values, source, place)) for place, values in source.rows())
        yield from read_each(source, rows, lambda row: _row(row, mark, texts, model))


VECTARA = VectaraReader()


def _row(row: Fields, mark: float, texts: dict[str, str], model: str) -> ForeignRow:
    score, valid, text = row.number("hhem_score"), row.flag("is_valid"), texts.get(row.text("summary_uid"))
    if text is not None and text.strip() in ("", "[]"):
        text = ""
    return ForeignRow(
        sample_id=str(row.place),
        verdict="right" if valid and score >= mark else "wrong",
        text=text if not valid or text else None,
        unreadable=not valid,
        attempted=valid,
        model=model,
        task="vectara",
        credit=min(1.0, max(0.0, score)),
    )


def _summaries(source: Source, path: Path) -> tuple[dict[str, str], str]:
    """Texts by uid, and the model's name; neither where the file is not there."""
    texts: dict[str, str] = {}
    model = ""
    if not path.is_file():
        return texts, model
    summaries = source.fork(path)
    try:
        for place, values in summaries.rows():
            row = Fields(values, summaries, place)
            texts[row.text("summary_uid", "")] = row.text("summary", "")
            model = model or "/".join(filter(None, (row.text("company", ""), row.text("model_name", ""))))
    except InputError as error:
        source.warn(f"{path.name} beside it cannot be read ({error})")
    return texts, model
