"""SimpleQA Verified: a thousand questions of SimpleQA whose answers were checked, balanced and freed of duplicates.

What it measures: as SimpleQA, what a model knows by itself. Strata: the topic, in turn.
Source: Haas et al. 2025 (arXiv:2509.07968), hub google/simpleqa-verified.
Licence: MIT (the hub's card).
Size: 1,000 questions.
Prompt: the question alone, as published; there is no plain variant, since it is one.
Deviation: the judge gets the publisher's criteria (SimpleQA's, with ranges for numbers) in other words and must answer
with a secret word.
Answer limit: the provider's; the publisher states none.
Grader: `entity`, with `-G judge=MODEL` for what its rules cannot decide; the publisher lets GPT-4.1 judge every answer:
`-G judging=all`.
Metrics: the publisher's `simpleqa_f` (its F1) and `accuracy_given_attempted`.
IDK originally pays: nothing, but is counted separately ("not attempted").
"""

from __future__ import annotations

from typing import Literal

from evalkit import BenchmarkRow, Completion, Grade, Hub, Sample, Task, benchmark_rows, task

from ._judging import Judging, by_entity
from ._simpleqa_rules import RULES
from ._strata import by_stratum

Category = Literal[
    "Art", "Geography", "History", "Music", "Other", "Politics", "Science and technology", "Sports", "TV shows",
    "Video games",
]  # fmt: skip
HUB = Hub(
    "google/simpleqa-verified", ("eval",), files=("simpleqa_verified/*.csv", "simpleqa_verified/*.jsonl", "data/*.csv")
)


@task
def simpleqa_verified(category: Category | None = None, seed: int = 0, data: str | None = None) -> Task:
    """Ask checked short factual questions."""
    rows = benchmark_rows(HUB, data)
    samples = by_stratum((one for row in rows if category in (None, (one := sample(row)).stratum)), seed)
    answers = sorted({answer for sample in samples for answer in sample.target})
    return Task(
        samples=samples,
        grader=by_publisher,
        responses=lambda _: answers,
        revision=rows.revision,
        metrics=["simpleqa_f", "accuracy_given_attempted"],
    )


async def by_publisher(
    sample: Sample, completion: Completion, *, judge: str | None = None, judging: Judging = "undecided"
) -> Grade:
    """Grade by `entity`; `judge` decides what its rules cannot, or all."""
    return await by_entity(sample, completion, judge, judging, rules=RULES)


def sample(row: BenchmarkRow) -> Sample:
    """One question."""
    return Sample(
        id=row.text("original_index"),
        input=row.text("problem"),
        target=row.text("answer"),
        metadata={"stratum": row.text("topic"), "answer_type": row.get("answer_type")},
    )
