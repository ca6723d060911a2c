"""GPQA: graduate-level questions in biology, physics and chemistry that a web search does not answer.

What it measures: expert knowledge and reasoning, four options each. Strata: the high-level domain, in turn.
Source: Rein et al. 2023 (arXiv:2311.12022), hub Idavidrein/gpqa, gated; CC BY 4.0. Its authors ask that the questions
never be published in plain text. Prompt: the authors' zero-shot form in our own words, options shuffled by seed.
Grader: `choice`. IDK originally pays: nothing, like a mistake; guessing pays 1/4.
"""

from __future__ import annotations

from typing import Literal

from evalkit import BenchmarkRow, Hub, Sample, Task, benchmark_rows, lettered, option_letters, shuffled, task

from ._strata import by_stratum

WRONG = ("Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3")
ASK = 'Choose one of the options. End your reply with "The answer is (X)", where X is its letter.'


@task
def gpqa(subset: Literal["diamond", "main", "extended"] = "diamond", seed: int = 0, data: str | None = None) -> Task:
    """Ask graduate-level science questions with four options."""
    files = (f"gpqa/gpqa_{subset}.csv", f"gpqa_{subset}/*.parquet")
    rows = benchmark_rows(Hub("Idavidrein/gpqa", ("train",), (f"gpqa_{subset}",), files=files), data)
    samples = by_stratum((sample(row, seed) for row in rows), seed)
    return Task(samples=samples, grader="choice", responses=option_letters, revision=rows.revision)


def sample(row: BenchmarkRow, seed: int) -> Sample:
    """One question; the seed decides the position of the right option, but not the id."""
    right = row.text("Correct Answer").strip()
    name = row.text("Record ID")
    options = shuffled([right, *(row.text(column).strip() for column in WRONG)], f"{seed} {name}")
    return Sample(
        id=name,
        input=f"{row.text('Question').strip()}\n\n{lettered(options)}\n\n{ASK}",
        target=right,
        choices=options,
        metadata={"stratum": row.text("High-level domain"), "subdomain": row.text("Subdomain")},
    )
