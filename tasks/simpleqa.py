"""SimpleQA: short questions with one undisputed answer, collected adversarially against a strong model.

What it measures: whether a model knows, and whether it knows that it does not. Strata: the topic, in turn.
Source: Wei et al. 2024 (arXiv:2411.04368), the publisher's CSV file; MIT. Prompt: the question alone. Grader: `entity`,
with `-G judge=MODEL` for what its rules cannot decide; the publisher judges every answer. IDK originally pays: nothing,
but is counted separately ("not attempted").
"""

from __future__ import annotations

import ast

from evalkit import BenchmarkRow, Hub, Sample, Task, benchmark_rows, task

from ._strata import by_stratum

HUB = Hub("basicv8vc/SimpleQA", files=("simpleqa/simple_qa_test_set.csv", "simpleqa/*.csv", "data/test-*.parquet"))


@task
def simpleqa(seed: int = 0, data: str | None = None) -> Task:
    """Ask short factual questions."""
    rows = benchmark_rows(HUB, data)
    samples = by_stratum((sample(row, number) for number, row in enumerate(rows, start=1)), seed)
    answers = sorted({answer for sample in samples for answer in sample.target})
    # A uniform guess draws from the answers to all questions.
    return Task(samples=samples, grader="entity", responses=lambda _: answers, revision=rows.revision)


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
