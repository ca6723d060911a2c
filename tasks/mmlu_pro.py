"""MMLU-Pro: fourteen fields of study, up to ten options per question.

What it measures: broad knowledge with reasoning. Strata: the category, in turn, so that any prefix covers all. Source:
Wang et al. 2024 (arXiv:2406.01574), hub TIGER-Lab/MMLU-Pro; MIT. Prompt: the authors' in our own words, without its
five worked examples; options in the original order, without surrounding spaces. Grader: `choice`. IDK originally pays:
nothing, and the authors' script even draws a random letter for an answer it cannot read; guessing pays 1/10.
"""

from __future__ import annotations

from evalkit import BenchmarkRow, Hub, Sample, Task, benchmark_rows, interleave, lettered, option_letters, task

HUB = Hub("TIGER-Lab/MMLU-Pro", files=("mmlu_pro/test.jsonl*", "mmlu_pro/*.parquet", "data/test-*.parquet"))
ASK = 'Think step by step, then end with "The answer is (X)", where X is the letter of the right option.'


@task
def mmlu_pro(seed: int = 0, data: str | None = None) -> Task:
    """Ask questions from fourteen fields with up to ten options."""
    rows = benchmark_rows(HUB, data)
    strata: dict[str, list[Sample]] = {}
    for row in rows:
        strata.setdefault(row.text("category"), []).append(sample(row))
    samples = list(interleave(strata, seed))
    return Task(samples=samples, grader="choice", responses=option_letters, revision=rows.revision)


def sample(row: BenchmarkRow) -> Sample:
    """One question."""
    # A space beside an option gives the answer away: 527 right options of 12,032 have one, 109 wrong ones of 101,934.
    options = [option.strip() for option in row.texts("options") if option != "N/A"]
    category = row.text("category")
    return Sample(
        id=row.text("question_id"),
        input=f"A question on {category}.\n\n{row.text('question').strip()}\n\n{lettered(options)}\n\n{ASK}",
        target=row.option("answer", options),
        choices=options,
        metadata={"stratum": category, "source": row.get("src")},
    )
