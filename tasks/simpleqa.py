"""SimpleQA: short questions with one undisputed answer, collected adversarially against a strong model.

What it measures: whether a model knows, and whether it knows that it does not. Strata: the topic, in turn.
Source: Wei et al. 2024 (arXiv:2411.04368), the publisher's CSV file, hub basicv8vc/SimpleQA.
Licence: MIT.
Size: 4,326 questions.
Prompt: the question alone, as in simple-evals; there is no plain variant, since it is one.
Deviation: simple-evals sends "You are a helpful assistant." to some models. The judge gets the publisher's criteria in
other words and must answer with a secret word.
Answer limit: the provider's; simple-evals' is 2,048 tokens.
Grader: `entity`, with `-G judge=MODEL` for what its rules cannot decide; the publisher judges every answer:
`-G judging=all`.
Metrics: the publisher's `simpleqa_f` and `accuracy_given_attempted`.
IDK originally pays: nothing, but is counted separately ("not attempted").
"""

from __future__ import annotations

import ast
from typing import Literal

from evalkit import BenchmarkRow, Completion, Grade, Hub, Sample, Task, benchmark_rows, task

from ._judging import Judging, by_entity
from ._simpleqa_rules import RULES
from ._strata import by_stratum

Category = Literal[
    "Art", "Geography", "History", "Music", "Other", "Politics", "Science and technology", "Sports", "TV shows",
    "Video games",
]  # fmt: skip
HUB = Hub("basicv8vc/SimpleQA", files=("simpleqa/simple_qa_test_set.csv", "simpleqa/*.csv", "data/test-*.parquet"))


@task
def simpleqa(category: Category | None = None, seed: int = 0, data: str | None = None) -> Task:
    """Ask short factual questions."""
    rows = benchmark_rows(HUB, data)
    found = (sample(row, number) for number, row in enumerate(rows, start=1))
    samples = by_stratum((one for one in found if category in (None, one.stratum)), seed)
    answers = sorted({answer for sample in samples for answer in sample.target})
    # A uniform guess draws from the answers to all questions.
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


def sample(row: BenchmarkRow, number: int) -> Sample:
    """One question; the publisher gives no ids, so its position identifies it."""
    about = row.get("metadata") or {}
    if isinstance(about, str):
        try:
            about = ast.literal_eval(about)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            about = {}
    topic = str(about.get("topic", "")) if isinstance(about, dict) else ""
    return Sample(
        id=str(number),
        input=row.text("problem"),
        target=row.text("answer"),
        metadata={"stratum": topic} if topic else {},
    )
