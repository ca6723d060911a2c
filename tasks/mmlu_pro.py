"""MMLU-Pro: fourteen fields of study, up to ten options per question.

What it measures: broad knowledge with reasoning. Strata: the category, in turn, so that any prefix covers all.
Source: Wang et al. 2024 (arXiv:2406.01574), hub TIGER-Lab/MMLU-Pro.
Licence: MIT.
Size: 12,032 questions, and 70 worked examples in the split `validation`.
Prompt: the authors' (evaluate_from_api.py of TIGER-AI-Lab/MMLU-Pro): five worked examples of the question's category,
then the question, in one turn, without a system message.
Deviation: surrounding spaces of options are removed, as in the data since 2026, and so is the prompt's final empty
line; an answer that cannot be read is an error, where the authors' script draws a random letter.
Answer limit: 4,096 tokens; the authors' is 4,000.
Grader: `choice`, which takes what an answer states last; the authors take the first "answer is (X)".
IDK originally pays: nothing, and the random letter gives it 1/10 on average; guessing pays 1/10.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from evalkit import (
    BenchmarkRow,
    Hub,
    Sample,
    Task,
    benchmark_rows,
    example_rows,
    interleave,
    lettered,
    option_letters,
    task,
)

from ._prompts import Style, shots_used

Category = Literal[
    "biology", "business", "chemistry", "computer science", "economics", "engineering", "health", "history", "law",
    "math", "other", "philosophy", "physics", "psychology",
]  # fmt: skip
Split = Literal["test", "validation"]
SHOTS = 5
LIMIT = 4096
OPENING = (
    "The following are multiple choice questions (with answers) about {category}. Think step by step and then output"
    ' the answer in the format of "The answer is (X)" at the end.'
)
STEPS = "Let's think step by step."
ASK = 'Think step by step, then end with "The answer is (X)", where X is the letter of the right option.'


@task
def mmlu_pro(
    style: Style = "publisher",
    shots: Annotated[int, Field(ge=0, le=SHOTS)] | None = None,
    category: Category | None = None,
    split: Split = "test",
    seed: int = 0,
    data: str | None = None,
) -> Task:
    """Ask questions from fourteen fields with up to ten options; publisher: with five worked examples."""
    rows = benchmark_rows(_hub(split), data)
    worked = _worked(data) if style == "publisher" and shots != 0 else {}
    strata: dict[str, list[BenchmarkRow]] = {}
    for row in rows:
        if category in (None, row.text("category")):
            strata.setdefault(row.text("category"), []).append(row)
    found = min((len(worked.get(name, ())) for name in strata), default=0)
    used = shots_used(style, shots, SHOTS, found, "the split validation, mmlu_pro/validation*.jsonl")
    asked = {
        name: [sample(row, style, worked.get(name, [])[: used.number]) for row in some] for name, some in strata.items()
    }
    return Task(
        samples=list(interleave(asked, seed)),
        grader="choice",
        responses=option_letters,
        revision=rows.revision,
        notes=used.notes,
        settings=used.settings,
        max_tokens=LIMIT,
        examples=[example for some in worked.values() for example in some],
    )


def _hub(split: str) -> Hub:
    files = (f"mmlu_pro/{split}*.jsonl*", f"mmlu_pro/{split}*.parquet", f"data/{split}-*.parquet")
    whole = ("mmlu_pro/*.parquet",) if split == "test" else ()
    return Hub("TIGER-Lab/MMLU-Pro", splits=(split,), files=files + whole)


def _worked(data: str | None) -> dict[str, list[Sample]]:
    """Worked examples by category, in the publisher's order."""
    found: dict[str, list[Sample]] = {}
    for row in example_rows(_hub("validation"), data):
        example = sample(row, "publisher", [])
        about = example.metadata | {"worked": row.text("cot_content").removeprefix("A: "), "question": _question(row)}
        found.setdefault(row.text("category"), []).append(example.model_copy(update={"metadata": about}))
    return found


def sample(row: BenchmarkRow, style: Style, worked: list[Sample]) -> Sample:
    """One question, after its worked examples."""
    options, category = _options(row), row.text("category")
    plain = f"A question on {category}.\n\n{row.text('question').strip()}\n\n{lettered(options)}\n\n{ASK}"
    shown = [f"{one.metadata['question']}Answer: {one.metadata['worked']}" for one in worked]
    return Sample(
        id=row.text("question_id"),
        preamble="" if style == "plain" else "\n\n".join([OPENING.format(category=category), *shown]),
        input=plain if style == "plain" else f"{_question(row)}Answer: {STEPS}",
        target=row.option("answer", options),
        choices=options,
        metadata={"stratum": category, "source": row.get("src")},
    )


def _options(row: BenchmarkRow) -> list[str]:
    # A space beside an option gives the answer away: 527 right options of 12,032 have one, 109 wrong ones of 101,934.
    return [option.strip() for option in row.texts("options") if option != "N/A"]


def _question(row: BenchmarkRow) -> str:
    """The question with its options as the publisher writes them."""
    options = "".join(f"{chr(ord('A') + k)}. {option}\n" for k, option in enumerate(_options(row)))
    return f"Question: {row.text('question')}\nOptions: {options}"
