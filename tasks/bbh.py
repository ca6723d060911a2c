"""BIG-Bench Hard: 27 tasks on which language models once fell short of people.

What it measures: reasoning in many forms. Strata: the task, in turn, so that any prefix covers all. Source: Suzgun et
al. 2022 (arXiv:2210.09261), hub SaylorTwift/bbh; MIT; it contains a canary string, so never publish its texts. Prompt:
the question, without its three worked examples, and how to end. Grader: `choice` if options are lettered, else
`exact`. IDK originally pays: nothing; with two options, guessing pays 1/2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from evalkit import BenchmarkRow, Completion, Grade, Hub, Sample, Task, benchmark_rows, grade_with, interleave, task

TASKS = (
    "boolean_expressions", "causal_judgement", "date_understanding", "disambiguation_qa", "dyck_languages",
    "formal_fallacies", "geometric_shapes", "hyperbaton", "logical_deduction_five_objects",
    "logical_deduction_seven_objects", "logical_deduction_three_objects", "movie_recommendation",
    "multistep_arithmetic_two", "navigate", "object_counting", "penguins_in_a_table",
    "reasoning_about_colored_objects", "ruin_names", "salient_translation_error_detection", "snarks",
    "sports_understanding", "temporal_sequences", "tracking_shuffled_objects_five_objects",
    "tracking_shuffled_objects_seven_objects", "tracking_shuffled_objects_three_objects", "web_of_lies", "word_sorting",
)  # fmt: skip
ASK = 'Think step by step, then end with a line of its own: "The answer is …".'
_OPTION = re.compile(r"^\(([A-Z])\) ?(.*)$", re.MULTILINE)


@task
def bbh(seed: int = 0, data: str | None = None) -> Task:
    """Ask the 27 tasks of BIG-Bench Hard in turn."""
    rows = benchmark_rows(Hub("SaylorTwift/bbh", configs=TASKS, files=("bbh/*.json", "*/test-*.parquet")), data)
    strata: dict[str, list[Sample]] = {}
    for row in rows:
        for found in samples(row, strata):
            strata.setdefault(row.part, []).append(found)
    return Task(samples=list(interleave(strata, seed)), grader=by_form, revision=rows.revision)


async def by_form(sample: Sample, completion: Completion) -> Grade:
    """Grade by `choice` if there are options, else by `exact`."""
    return await grade_with("choice" if sample.choices else "exact", sample, completion)


def samples(row: BenchmarkRow, strata: dict[str, list[Sample]]) -> Iterator[Sample]:
    """The one question of a hub row, or all questions of a published file."""
    examples = row.objects("examples") if "examples" in row else [row]
    done = len(strata.get(row.part, ()))
    for number, example in enumerate(examples, start=done + 1):
        yield sample(example, f"{row.part}-{number}", row.part)


def sample(row: BenchmarkRow, name: str, stratum: str) -> Sample:
    """One question; lettered options are parsed from its text."""
    question, target = row.text("input"), row.text("target")
    options = [text for _, text in _OPTION.findall(question)]
    # A few published answers are an option's text instead of its letter.
    lettered = bool(options) and (bool(re.fullmatch(r"\([A-Z]\)", target)) or target in options)
    return Sample(
        id=name,
        input=f"{question}\n\n{ASK}",
        target=_meant(target, options) if lettered else target,
        choices=options if lettered else None,
        metadata={"stratum": stratum},
    )


def _meant(target: str, options: list[str]) -> str:
    """The text of the option that a target names by letter or by text."""
    index = ord(target.strip("()")[:1]) - ord("A")
    return target if target in options or index >= len(options) else options[index]
