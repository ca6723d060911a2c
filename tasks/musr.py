"""MuSR: long stories, each with questions that take several steps of reasoning.

What it measures: multi-step reasoning over a text of about a thousand words. Strata: the domain (murder mysteries,
object placements, team allocations), in turn. Source: Sprague et al. 2023 (arXiv:2310.16049), hub TAUR-Lab/MuSR; CC BY
4.0. Prompt: the authors' in our own words, options in the original order. Grader: `choice`. IDK originally pays:
nothing; guessing pays 1/2 to 1/5.
"""

from __future__ import annotations

from collections.abc import Iterator

from evalkit import BenchmarkRow, Hub, Sample, Task, benchmark_rows, lettered, option_letters, task

from ._strata import by_stratum

DOMAINS = ("murder_mysteries", "object_placements", "team_allocation")
FILES = ("musr/*.json", "datasets/*.json", "data/*.parquet")
ASK = 'Choose one of the options. Reason step by step, then end with "The answer is (X)", where X is its letter.'


@task
def musr(seed: int = 0, data: str | None = None) -> Task:
    """Ask what follows from a long story."""
    rows = benchmark_rows(Hub("TAUR-Lab/MuSR", splits=DOMAINS, files=FILES), data)
    questions = by_stratum((found for number, row in enumerate(rows, start=1) for found in samples(row, number)), seed)
    return Task(samples=questions, grader="choice", responses=option_letters, revision=rows.revision)


def samples(row: BenchmarkRow, number: int) -> Iterator[Sample]:
    """All questions of a story in the authors' files, or the single question of a hub row."""
    if "questions" not in row:
        yield sample(row.text("narrative"), row, "answer_index", f"{row.part}-{number}")
        return
    for k, question in enumerate(row.objects("questions"), start=1):
        yield sample(row.text("context"), question, "answer", f"{row.part}-{number}-{k}")


def sample(story: str, row: BenchmarkRow, right: str, name: str) -> Sample:
    """One question, preceded by its story."""
    options = row.texts("choices")
    return Sample(
        id=name,
        input=f"{story.strip()}\n\n{row.text('question').strip()}\n\n{lettered(options)}\n\n{ASK}",
        target=row.option(right, options),
        choices=options,
        metadata={"stratum": row.part},
    )
