"""NeMo Evaluator: results.jsonl, one line for each problem and repeat.

Schema: {problem_idx, reward, repeat from 0, expected_answer, model_response, extracted_answer, metadata{category},
scoring_details{category}}; model and benchmark stand in the one eval-*.json beside it: {config{model},
benchmark{name}}. Read in NVIDIA-NeMo/Evaluator: docs/result-format.mdx. A reward of 1 is right and 0 wrong; others need
a pass mark.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from evalkit.dataset.source import Head, Source
from evalkit.errors import InputError
from evalkit.readers.base import ForeignRow, Reader, document_fields, has, read_each
from evalkit.readers.fields import Fields
from evalkit.readers.scores import share

_IS_RESULT = has("problem_idx", "reward")


class Bundle(NamedTuple):
    """What eval-*.json says of the rows beside it."""

    model: str
    task: str


class NemoEvaluatorReader(Reader):
    """Rows of results, named by the bundle beside them."""

    name = "nemo-evaluator"
    about = "NeMo Evaluator: results.jsonl"

    def sniff(self, head: Head) -> bool:
        """Tell by the keys of the first row."""
        return _IS_RESULT(head)

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each row."""
        bundle = _bundle(source)
        rows = ((place, Fields(values, source, place)) for place, values in source.rows())
        yield from read_each(source, rows, lambda row: _row(row, bundle))


NEMO_EVALUATOR = NemoEvaluatorReader()


def _bundle(source: Source) -> Bundle:
    found = sorted(source.path.parent.glob("eval-*.json"))
    if len(found) != 1:
        return Bundle("", "")
    try:
        document = document_fields(source.fork(found[0]))
        config, benchmark = document.object("config", {}), document.object("benchmark", {})
        return Bundle(config.text("model", ""), benchmark.text("name", "") or config.text("benchmark", ""))
    except InputError as error:
        source.warn(f"model and benchmark are unknown: {error}")
        return Bundle("", "")


def _row(row: Fields, bundle: Bundle) -> ForeignRow:
    category = row.object("metadata", {}).text("category", "") or row.object("scoring_details", {}).text("category", "")
    return ForeignRow(
        sample_id=row.text("problem_idx"),
        epoch=row.integer("repeat", 0) + 1,
        verdict=None if "reward" in row else "unscored",
        score=row.number("reward", None),
        by="reward",
        text=row.text("model_response", None),
        answer=row.text("extracted_answer", None),
        target=row.texts("expected_answer"),
        model=bundle.model,
        task=bundle.task,
        credit=share(row.number("reward", None)),
        reason="" if "reward" in row else "no reward",
        metadata={"stratum": category} if category else {},
    )
