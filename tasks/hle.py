"""HLE, Humanity's Last Exam: questions at the edge of what experts know.

What it measures: expert knowledge and reasoning, far beyond most models. Strata: the category, in turn. Source: Phan
et al. 2025 (arXiv:2501.14249), hub cais/hle, gated; MIT; it contains a canary string, so never publish its texts.
Questions with an image are skipped and counted. Prompt: the question, and how to end. Grader: `choice` if options are
lettered, else `entity`, best with a judge. IDK originally pays: nothing.
"""

from __future__ import annotations

import re

from evalkit import BenchmarkRow, Completion, Grade, Hub, Sample, Task, benchmark_rows, grade_with, task

from ._strata import by_stratum

HUB = Hub("cais/hle", files=("hle/*.jsonl", "hle/*.json", "hle/*.csv", "hle/*.parquet", "data/test-*.parquet"))
ASK = 'End with a line of its own: "The answer is …".'
_OPTION = re.compile(r"^([A-Z])[.)] ?(.*)$", re.MULTILINE)


@task
def hle(seed: int = 0, data: str | None = None) -> Task:
    """Ask the text questions of Humanity's Last Exam."""
    rows = benchmark_rows(HUB, data)
    samples: list[Sample] = []
    images = 0
    for row in rows:
        if row.get("image"):
            images += 1
        else:
            samples.append(sample(row))
    notes = [f"{images:,} questions with an image are left out"] if images else []
    revision = rows.revision | ({"left_out": f"{images} with an image"} if images else {})
    return Task(samples=by_stratum(samples, seed), grader=by_type, revision=revision, notes=notes)


async def by_type(sample: Sample, completion: Completion, *, judge: str | None = None) -> Grade:
    """Grade by `choice` if there are options, else by `entity`; `judge` decides what the rules cannot."""
    if sample.choices:
        return await grade_with("choice", sample, completion)
    return await grade_with("entity", sample, completion, judge=judge)


def sample(row: BenchmarkRow) -> Sample:
    """One question; its options, if any, are parsed from its text."""
    question, target = row.text("question"), row.text("answer")
    options = None
    if row.text("answer_type") == "multipleChoice":
        found = dict(_OPTION.findall(question))
        in_order = [chr(ord("A") + k) for k in range(len(found))]
        options = [found[letter] for letter in in_order] if list(found) == in_order else None
    return Sample(
        id=row.text("id"),
        input=f"{question}\n\n{ASK}",
        target=target,
        choices=options,
        metadata={"stratum": row.text("category"), "subject": row.get("raw_subject")},
    )
