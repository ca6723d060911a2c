"""HalluLens: answers in generation.jsonl, verdicts in eval_results.json beside it, joined by position.

Schema: generation.jsonl {prompt, answer, generation, title, …} (for invented entities {name, type_, place, prompt,
generation}); eval_results.json {model, abstantion[] (so spelt), halu_test_res[], is_hallucinated_raw_generation[]},
or for invented entities {model, refusal_rate, refusal_eval_raw[]}. Read in facebookresearch/HalluLens:
tasks/shortform/precise_wikiqa.py, tasks/refusal_test/nonsense_name.py.

An abstention is IDK whatever else stands there; any other answer is wrong where it hallucinates, which for invented
entities is every answer that does not refuse. HalluLens takes a judge's answer that is no verdict for a
hallucination: such a row failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evalkit.dataset.source import Head, Source
from evalkit.errors import InputError
from evalkit.readers.base import ForeignRow, Reader, Verdict, document_fields, has, read_each
from evalkit.readers.fields import Fields

ANSWERS, VERDICTS = "generation.jsonl", "eval_results.json"
JUDGED = {"correct", "incorrect", "unverifiable", "yes", "no"}


class HalluLensReader(Reader):
    """Two files, whichever of them is named."""

    name = "hallulens"
    about = "HalluLens: generation.jsonl with eval_results.json"
    stems = ("*generation", "*eval_results")

    def sniff(self, head: Head) -> bool:
        """Tell answers or verdicts by their keys."""
        if head.shape == "object" and (head.keys >= _BOTH or head.keys >= _REFUSALS):
            return True
        return _ARE_ANSWERS(head) and bool(head.keys & {"title", "type_"})

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Join each answer with its verdict.

        Raises:
            InputError: the verdicts are missing, or not as many as the answers.
        """
        if not _ARE_ANSWERS(source.head):
            verdicts, answers = document_fields(source), _beside(source, VERDICTS, ANSWERS)
        else:
            verdict_file = _beside(source, ANSWERS, VERDICTS)
            if verdict_file is None:
                raise InputError(f"{source.path} holds no verdicts; HalluLens writes them to {VERDICTS}: put it beside")
            verdicts, answers = document_fields(verdict_file), source
        yield from read_each(source, _paired(source, verdicts, answers), lambda row: _row(*row))


_ARE_ANSWERS = has("prompt", "generation")
_BOTH = {"abstantion", "halu_test_res"}
_REFUSALS = {"refusal_rate", "refusal_eval_raw"}
HALLULENS = HalluLensReader()


def _beside(source: Source, own: str, other: str) -> Source | None:
    """The other file of the pair, which has the same beginning of its name."""
    if not source.path.name.endswith(own):
        return None
    path = source.path.with_name(source.path.name.removesuffix(own) + other)
    return source.fork(path) if path.is_file() else None


def _paired(
    source: Source, verdicts: Fields, answers: Source | None
) -> Iterator[tuple[int, tuple[Fields, int, Fields | None]]]:
    n = len(verdicts.array(_list_name(verdicts)))
    rows = [Fields(values, answers, place) for place, values in answers.rows()] if answers else [None] * n
    if len(rows) != n:
        raise InputError(f"{source.path}: {len(rows)} answers and {n} verdicts; they belong to different runs")
    yield from ((k + 1, (verdicts, k, row)) for k, row in enumerate(rows))


def _list_name(verdicts: Fields) -> str:
    return "abstantion" if "abstantion" in verdicts else "refusal_eval_raw"


def _row(verdicts: Fields, k: int, row: Fields | None) -> ForeignRow:
    invented = "abstantion" not in verdicts
    verdict, reason = _verdict(verdicts, k)
    metadata: Mapping[str, Any] = {"answerable": False} if invented else {}
    return ForeignRow(
        sample_id=str(k),
        verdict=verdict,
        text=row.text("generation", "") if row else None,
        attempted=verdict in ("right", "wrong"),
        target=row.texts("answer") if row else [],
        input=row.text("prompt", "") if row else "",
        model=verdicts.text("model", ""),
        reason=reason,
        metadata=dict(metadata),
    )


def _verdict(verdicts: Fields, k: int) -> tuple[Verdict, str]:
    abstained = _item(verdicts, _list_name(verdicts), k)
    if not isinstance(abstained, bool):
        return "unscored", "whether it abstains could not be judged"
    if abstained:
        return "idk", ""
    if "abstantion" not in verdicts:
        return "wrong", "accepts an entity that does not exist"
    hallucinated = _item(verdicts, "halu_test_res", k)
    raw = _item(verdicts, "is_hallucinated_raw_generation", k)
    if not isinstance(hallucinated, bool) or (isinstance(raw, str) and raw.strip(" .\n").lower() not in JUDGED):
        return "unscored", "the judge's answer is no verdict"
    return ("wrong" if hallucinated else "right"), ""


def _item(verdicts: Fields, name: str, k: int) -> Any:
    found = verdicts.array(name)
    return found[k] if k < len(found) else None
