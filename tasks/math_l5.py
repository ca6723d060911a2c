"""MATH, level 5: the hardest competition problems of the MATH test set.

What it measures: mathematical reasoning with a final answer. Strata: the subject, if the source gives it, in turn.
Source: Hendrycks et al. 2021 (arXiv:2103.03874), hub EleutherAI/hendrycks_math; MIT. Prompt: the problem, and a
request for a boxed answer. Grader: `math`. IDK originally pays: nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from evalkit import BenchmarkRow, Hub, Rows, Sample, Task, benchmark_rows, last_boxed, task

from ._strata import by_stratum

SUBJECTS = (
    "algebra", "counting_and_probability", "geometry", "intermediate_algebra", "number_theory", "prealgebra",
    "precalculus",
)  # fmt: skip
FILES = {
    "level5": ("math/level5*.jsonl", "math/*.parquet"),
    "all": ("math/math_test.csv", "math/*.parquet"),
}
ASK = "Reason step by step, and put your final answer within \\boxed{}."


@task
def math_l5(subset: Literal["level5", "all"] = "level5", seed: int = 0, data: str | None = None) -> Task:
    """Ask competition problems of the hardest level or of all levels."""
    rows = benchmark_rows(Hub("EleutherAI/hendrycks_math", configs=SUBJECTS, files=FILES[subset]), data)
    return Task(samples=by_stratum(samples(rows, subset), seed), grader="math", revision=rows.revision)


def samples(rows: Rows, subset: str) -> Iterator[Sample]:
    """The problems of the requested level; a file without levels is used as it is."""
    for number, row in enumerate(rows, start=1):
        level = str(row.get("level", "")).removeprefix("Level ")
        if subset == "all" or level in ("5", ""):
            yield sample(row, number)


def sample(row: BenchmarkRow, number: int) -> Sample:
    """One problem, in any of the three published layouts."""
    problem = row.text("problem" if "problem" in row else "Question")
    answer = next((row.text(column) for column in ("answer", "Answer") if column in row), None)
    subject = {"stratum": row.text("type")} if "type" in row else {}
    return Sample(
        id=str(row.get("unique_id", number)),
        input=f"{problem.strip()}\n\n{ASK}",
        target=answer if answer is not None else row.found("solution", last_boxed(row.text("solution"))),
        metadata=subject,
    )
