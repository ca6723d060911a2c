"""BIG-Bench Hard: 27 tasks on which language models once fell short of people.

What it measures: reasoning in many forms. Strata: the task, in turn, so that any prefix covers all.
Source: Suzgun et al. 2022 (arXiv:2210.09261), hub SaylorTwift/bbh, and the authors' repository.
Licence: MIT; it contains a canary string, so never publish its texts.
Size: 6,511 questions.
Prompt: the authors' (cot-prompts/): a task's description, three worked examples, then the question, in one turn;
`-T cot=false` gives the answers alone, as in their direct setting.
Deviation: the hub holds no worked examples. Put the authors' cot-prompts beside the questions (`--data`); without them
the plain prompt is asked. Chat models get one user turn instead of a text to complete.
Answer limit: 4,096 tokens; lm-evaluation-harness uses 1,024.
Grader: `choice` if options are lettered, else `exact`; the authors compare what follows "the answer is".
Metrics: the publisher's number is the mean over tasks, `macro_accuracy`.
IDK originally pays: nothing; with two options, guessing pays 1/2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import Field

from evalkit import (
    BenchmarkRow,
    Completion,
    Grade,
    Hub,
    Sample,
    Task,
    benchmark_rows,
    example_rows,
    grade_with,
    interleave,
    task,
)

from ._prompts import Style, shots_used

Subset = Literal[
    "boolean_expressions", "causal_judgement", "date_understanding", "disambiguation_qa", "dyck_languages",
    "formal_fallacies", "geometric_shapes", "hyperbaton", "logical_deduction_five_objects",
    "logical_deduction_seven_objects", "logical_deduction_three_objects", "movie_recommendation",
    "multistep_arithmetic_two", "navigate", "object_counting", "penguins_in_a_table",
    "reasoning_about_colored_objects", "ruin_names", "salient_translation_error_detection", "snarks",
    "sports_understanding", "temporal_sequences", "tracking_shuffled_objects_five_objects",
    "tracking_shuffled_objects_seven_objects", "tracking_shuffled_objects_three_objects", "web_of_lies", "word_sorting",
]  # fmt: skip
SHOTS = 3
LIMIT = 4096
STEPS = "Let's think step by step."
ASK = 'Think step by step, then end with a line of its own: "The answer is …".'
ASK_DIRECTLY = 'Reply with one line, "The answer is …", and nothing else.'
EXAMPLES = Hub("", files=("bbh/cot-prompts/*.txt", "cot-prompts/*.txt"))
_OPTION = re.compile(r"^\(([A-Z])\) ?(.*)$", re.MULTILINE)
_CANARY = re.compile(r"\A.*?^-{3,}\n", re.DOTALL | re.MULTILINE)
_ANSWER = re.compile(r"the answer is (.*?)\.?\s*\Z", re.DOTALL)


class Examples(NamedTuple):
    """The authors' description of a task and its worked examples."""

    description: str
    worked: list[tuple[str, str]]
    """Question, and its worked answer with the space or line break before it."""


@task
def bbh(
    style: Style = "publisher",
    shots: Annotated[int, Field(ge=0, le=SHOTS)] | None = None,
    cot: bool = True,
    subset: Subset | None = None,
    seed: int = 0,
    data: str | None = None,
) -> Task:
    """Ask the 27 tasks of BIG-Bench Hard in turn; publisher: with three worked examples."""
    configs = (subset,) if subset else get_args(Subset)
    rows = benchmark_rows(Hub("SaylorTwift/bbh", configs=configs, files=("bbh/*.json", "*/test-*.parquet")), data)
    given = {row.part: read_examples(row) for row in example_rows(EXAMPLES, data)} if style == "publisher" else {}
    strata: dict[str, list[BenchmarkRow]] = {}
    for row in rows:
        if subset in (None, row.part):
            strata.setdefault(row.part, []).extend(row.objects("examples") if "examples" in row else [row])
    found = min((len(given[name].worked) if name in given else 0 for name in strata), default=0)
    used = shots_used(style, shots, SHOTS, found, "the authors' cot-prompts/TASK.txt")
    samples = {
        name: list(_samples(name, some, cot, _first(given.get(name), used.number))) for name, some in strata.items()
    }
    return Task(
        samples=list(interleave(samples, seed)),
        grader=by_form,
        revision=rows.revision,
        notes=used.notes,
        settings=used.settings,
        max_tokens=LIMIT,
        metrics=["macro_accuracy"],
        examples=[example for name, one in given.items() for example in _as_samples(name, one)],
    )


async def by_form(sample: Sample, completion: Completion) -> Grade:
    """Grade by `choice` if there are options, else by `exact`."""
    return await grade_with("choice" if sample.choices else "exact", sample, completion)


def read_examples(row: BenchmarkRow) -> Examples:
    """Read a file of the authors' cot-prompts: canary, description, then questions with worked answers."""
    description, *parts = f"\n{_CANARY.sub('', row.text('text')).strip()}".split("\n\nQ: ")
    pairs = [part.partition(f"\nA: {STEPS}") for part in parts]
    return Examples(description.strip(), [(question, worked.rstrip()) for question, _, worked in pairs if worked])


def _first(given: Examples | None, number: int) -> Examples | None:
    return Examples(given.description, given.worked[:number]) if given and number else None


def _as_samples(stratum: str, given: Examples) -> Iterator[Sample]:
    for number, (question, worked) in enumerate(given.worked, start=1):
        about = {"stratum": stratum, "worked": worked.strip()}
        yield Sample(id=f"{stratum} example {number}", input=question, target=_answer(worked), metadata=about)


def _answer(worked: str) -> str:
    found = _ANSWER.search(worked)
    return found[1] if found else worked


def _samples(stratum: str, rows: list[BenchmarkRow], cot: bool, given: Examples | None) -> Iterator[Sample]:
    """All questions of a task; lettered options are parsed from the text."""
    ask = ASK if cot else ASK_DIRECTLY
    for number, row in enumerate(rows, start=1):
        question, target = row.text("input"), row.text("target")
        options = [text for _, text in _OPTION.findall(question)]
        # A few published answers are an option's text instead of its letter.
        lettered = bool(options) and (bool(re.fullmatch(r"\([A-Z]\)", target)) or target in options)
        yield Sample(
            id=f"{stratum}-{number}",
            preamble=_before(cot, given),
            input=f"Q: {question}\nA:{f' {STEPS}' if cot else ''}" if given else f"{question}\n\n{ask}",
            target=_meant(target, options) if lettered else target,
            choices=options if lettered else None,
            metadata={"stratum": stratum},
        )


def _before(cot: bool, given: Examples | None) -> str:
    """The authors' description of a task and its worked examples; "" without them."""
    if given is None:
        return ""
    shown = [
        f"Q: {one}\nA: {STEPS}{worked}" if cot else f"Q: {one}\nA: {_answer(worked)}" for one, worked in given.worked
    ]
    return "\n\n".join([given.description, *shown])


def _meant(target: str, options: list[str]) -> str:
    """The text of the option that a target names by letter or by text."""
    index = ord(target.strip("()")[:1]) - ord("A")
    return target if target in options or index >= len(options) else options[index]
