"""AbstentionBench: the responses of one data set, as an abstention evaluator saved them.

Schema: {responses[]{prompt{question, reference_answers, should_abstain, metadata}, response, response_or_abstention,
reasoning, is_abstention, is_abstention_correct, is_response_correct, full_judge_response}}, in a folder named after
data set and model. Read in facebookresearch/AbstentionBench: recipe/abstention.py, recipe/evaluation.py.

`is_abstention` marks IDK; null means that the judge's answer could not be read, and the row failed. Where
`should_abstain`, any claim is wrong. Other claims have `is_response_correct`; null means that nobody judged them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evalkit.dataset.source import Head, Source
from evalkit.readers.base import ForeignRow, Reader, Verdict, document_fields, objects, read_each
from evalkit.readers.fields import Fields


class AbstentionBenchReader(Reader):
    """One document of responses."""

    name = "abstention-bench"
    about = "AbstentionBench: GroundTruthAbstentionEvaluator.json"
    stems = ("*AbstentionEvaluator*", "*CorrectnessEvaluator*")

    def sniff(self, head: Head) -> bool:
        """Tell by the first response."""
        responses = head.first.get("responses") if head.shape == "object" else None
        first = responses[0] if isinstance(responses, list) and responses else None
        return isinstance(first, Mapping) and {"prompt", "response_or_abstention", "is_abstention"} <= first.keys()

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each response."""
        document = document_fields(source)
        task = document.text("dataset_name", "")
        responses = objects(source, document.array("responses"))
        yield from read_each(source, responses, lambda row: _row(row, task))


ABSTENTION_BENCH = AbstentionBenchReader()


def _row(row: Fields, task: str) -> ForeignRow:
    prompt = row.object("prompt")
    unanswerable = prompt.flag("should_abstain", False)
    verdict, reason = _verdict(row, unanswerable=unanswerable)
    metadata: dict[str, Any] = {"answerable": False} if unanswerable else {}
    return ForeignRow(
        sample_id=str(row.place),
        verdict=verdict,
        text=row.text("response_or_abstention"),
        attempted=verdict in ("right", "wrong"),
        target=prompt.texts("reference_answers"),
        input=prompt.text("question"),
        task=task,
        reasoning=row.text("reasoning", None),
        reason=reason,
        metadata=metadata,
    )


def _verdict(row: Fields, *, unanswerable: bool) -> tuple[Verdict, str]:
    if "is_abstention" not in row:
        return "unscored", "whether it abstains could not be judged"
    if row.flag("is_abstention"):
        return "idk", ""
    if unanswerable:
        return "wrong", "a claim where only abstaining is right"
    if "is_response_correct" not in row:
        return "unscored", "attempted; right or wrong is not in this file"
    return ("right" if row.flag("is_response_correct") else "wrong"), ""
