"""MATH, level 5: the hardest competition problems of the MATH test set.

What it measures: mathematical reasoning with a final answer. Strata: the subject, if the source gives it, in turn.
Source: Hendrycks et al. 2021 (arXiv:2103.03874), hub EleutherAI/hendrycks_math.
Licence: MIT.
Size: 1,324 problems of level 5, 5,000 in all (`-T subset=all`).
Prompt: that of simple-evals, zero-shot: the answer after "ANSWER:" on the last line.
Deviation: simple-evals asks all 5,000 problems, or the 500 of MATH-500; the authors' own setting, for base models, has
four worked examples.
Answer limit: 8,192 tokens; simple-evals' is 2,048.
Grader: `math`, which compares expressions; simple-evals asks a model whether they are equal.
IDK originally pays: nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

from evalkit import BenchmarkRow, Hub, Rows, Sample, Task, benchmark_rows, last_boxed, task

from ._prompts import Style
from ._strata import by_stratum

Subject = Literal[
    "algebra", "counting_and_probability", "geometry", "intermediate_algebra", "number_theory", "prealgebra",
    "precalculus",
]  # fmt: skip
Subset = Literal["level5", "all"]
FILES = {
    "level5": ("math/level5*.jsonl", "math/*.parquet"),
    "all": ("math/math_test.csv", "math/*.parquet"),
}
LIMIT = 8192
BEFORE = (
    "Solve the following math problem step by step. The last line of your response should be of the form ANSWER:"
    " $ANSWER (without quotes) where $ANSWER is the answer to the problem."
)
AFTER = 'Remember to put your answer on its own line after "ANSWER:", and you do not need to use a \\boxed command.'
ASK = "Reason step by step, and put your final answer within \\boxed{}."


@task
def math_l5(
    subset: Subset = "level5",
    style: Style = "publisher",
    subject: Subject | None = None,
    seed: int = 0,
    data: str | None = None,
) -> Task:
    """Ask competition problems of the hardest level or of all levels; publisher: as simple-evals does."""
    configs = (subject,) if subject else get_args(Subject)
    rows = benchmark_rows(Hub("EleutherAI/hendrycks_math", configs=configs, files=FILES[subset]), data)
    problems = [one for one in samples(rows, subset, style) if subject is None or _is_of(one, subject)]
    return Task(samples=by_stratum(problems, seed), grader="math", revision=rows.revision, max_tokens=LIMIT)


def samples(rows: Rows, subset: str, style: Style) -> Iterator[Sample]:
    """The problems of the requested level; a file without levels is used as it is."""
    for number, row in enumerate(rows, start=1):
        level = str(row.get("level", "")).removeprefix("Level ")
        if subset == "all" or level in ("5", ""):
            yield sample(row, number, style)


def sample(row: BenchmarkRow, number: int, style: Style) -> Sample:
    """One problem, in any of the three published layouts."""
    problem = row.text("problem" if "problem" in row else "Question").strip()
    answer = next((row.text(column) for column in ("answer", "Answer") if column in row), None)
    subject = {"stratum": row.text("type")} if "type" in row else {}
    return Sample(
        id=str(row.get("unique_id", number)),
        input=f"{BEFORE}\n\n{problem}\n\n{AFTER}" if style == "publisher" else f"{problem}\n\n{ASK}",
        target=answer if answer is not None else row.found("solution", last_boxed(row.text("solution"))),
        metadata=subject,
    )


def _is_of(sample: Sample, subject: str) -> bool:
    """Whether a problem is of a subject; the data write "Counting & Probability".

    Raises:
        ValueError: the data do not say.
    """
    if sample.stratum is None:
        raise ValueError("these files name no subjects; leave out subject=")
    return sample.stratum.lower().replace("&", "and").replace(" ", "_") == subject
