"""MuSR: long stories, each with questions that take several steps of reasoning.

What it measures: multi-step reasoning over a text of about a thousand words. Strata: the domain (murder mysteries,
object placements, team allocations), in turn.
Source: Sprague et al. 2023 (arXiv:2310.16049), hub TAUR-Lab/MuSR.
Licence: CC BY 4.0 (hub), MIT (the authors' repository).
Size: 756 questions: 250, 256 and 250.
Prompt: the authors' "CoT" (eval/eval.py of Zayne-sprague/MuSR), with their system message: numbered options, reasoning,
and "ANSWER: number" at the end.
Deviation: the paper's best numbers are of "CoT+", which adds a paragraph on how each domain works and, in one variant,
a worked example; neither is asked here. The authors sample at temperature 1.
Answer limit: 4,096 tokens; the authors' is 2,400.
Grader: `choice`, an option's number being read as its letter; the authors draw a random option for an answer that
cannot be read.
Metrics: the paper reports each domain (`--json` holds them as strata); `macro_accuracy` is their mean.
IDK originally pays: nothing, and a random draw gives it 1/2 to 1/5; guessing pays the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from evalkit import (
    BenchmarkRow,
    Completion,
    Grade,
    Hub,
    Message,
    Sample,
    Task,
    benchmark_rows,
    grade_with,
    lettered,
    option_letters,
    task,
)

from ._prompts import Style
from ._strata import by_stratum

Subset = Literal["murder_mysteries", "object_placements", "team_allocation"]
DOMAINS = ("murder_mysteries", "object_placements", "team_allocation")
FILES = ("musr/*.json", "datasets/*.json", "data/*.parquet")
LIMIT = 4096
SYSTEM = Message(role="system", content="You are a helpful assistant that will answer the questions given by the user.")
ASK_AUTHORS = (
    "You must pick one option. Explain your reasoning step by step before you answer. Finally, the last thing you"
    ' generate should be "ANSWER: (your answer here, include the choice number)"'
)
ASK = 'Choose one of the options. Reason step by step, then end with "The answer is (X)", where X is its letter.'
_NUMBERED = re.compile(r"(?i)(answer\W{0,4}:\W{0,4}|answer is\W{0,4})(?:choice |option |number )?([1-9])\b")


@task
def musr(style: Style = "publisher", subset: Subset | None = None, seed: int = 0, data: str | None = None) -> Task:
    """Ask what follows from a long story; publisher: with numbered options."""
    splits = (subset,) if subset else DOMAINS
    rows = benchmark_rows(Hub("TAUR-Lab/MuSR", splits=splits, files=FILES), data)
    found = (one for number, row in enumerate(rows, start=1) for one in samples(row, number, style))
    questions = [one for one in found if subset is None or subset[:6] in (one.stratum or "")]
    return Task(
        samples=by_stratum(questions, seed),
        grader=by_number if style == "publisher" else "choice",
        responses=option_letters,
        revision=rows.revision,
        max_tokens=LIMIT,
        metrics=["macro_accuracy"],
    )


async def by_number(sample: Sample, completion: Completion) -> Grade:
    """Read the number after "ANSWER:" as the letter of that option, then grade by `choice`."""
    text = _NUMBERED.sub(lambda found: f"{found[1]}({chr(ord('A') + int(found[2]) - 1)})", completion.text)
    return await grade_with("choice", sample, completion.model_copy(update={"text": text}))


def samples(row: BenchmarkRow, number: int, style: Style) -> Iterator[Sample]:
    """All questions of a story in the authors' files, or the single question of a hub row."""
    if "questions" not in row:
        yield sample(row.text("narrative"), row, "answer_index", f"{row.part}-{number}", style)
        return
    for k, question in enumerate(row.objects("questions"), start=1):
        yield sample(row.text("context"), question, "answer", f"{row.part}-{number}-{k}", style)


def sample(story: str, row: BenchmarkRow, right: str, name: str, style: Style) -> Sample:
    """One question, preceded by its story."""
    options = row.texts("choices")
    before = f"{story.strip()}\n\n{row.text('question').strip()}"
    numbered = "\n".join(f"{k} - {option}" for k, option in enumerate(options, start=1))
    authors = f"{before}\n\nPick one of the following choices:\n{numbered}\n\n{ASK_AUTHORS}"
    return Sample(
        id=name,
        turns=[SYSTEM] if style == "publisher" else [],
        input=authors if style == "publisher" else f"{before}\n\n{lettered(options)}\n\n{ASK}",
        target=row.option(right, options),
        choices=options,
        metadata={"stratum": row.part},
    )
