"""GPQA: graduate-level questions in biology, physics and chemistry that a web search does not answer.

What it measures: expert knowledge and reasoning, four options each. Strata: the high-level domain, in turn.
Source: Rein et al. 2023 (arXiv:2311.12022), hub Idavidrein/gpqa, gated.
Licence: CC BY 4.0; its authors ask that the questions never be published in plain text.
Size: 198 questions (diamond), 448 (main), 546 (extended).
Prompt: that of simple-evals, which most published numbers come from: zero-shot, "Answer: $LETTER" on the last line.
`-T shots=5` gives the authors' own prompt with their five worked examples (prompts/chain_of_thought_examples.json of
idavidrein/gpqa, beside the questions).
Deviation: options are shuffled by evalkit's seed; simple-evals sends "You are a helpful assistant." to some models,
asks each question four times (`--epochs 4`) and at temperature 0.5.
Answer limit: 8,192 tokens; simple-evals' is 2,048, the authors' 1,000.
Grader: `choice`; simple-evals takes the first "Answer: X", the authors a regular expression likewise.
IDK originally pays: nothing, like a mistake; guessing pays 1/4.
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
    lettered,
    option_letters,
    shuffled,
    task,
)

from ._prompts import Style, shots_used
from ._strata import by_stratum

Category = Literal["Biology", "Chemistry", "Physics"]
Subset = Literal["diamond", "main", "extended"]
WRONG = ("Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3")
EXAMPLES = Hub("", files=("gpqa/prompts/chain_of_thought_examples.json", "prompts/chain_of_thought_examples.json"))
SHOTS = 5
LIMIT = 8192
SIMPLE_EVALS = (
    "Answer the following multiple choice question. The last line of your response should be of the following format:"
    " 'Answer: $LETTER' (without quotes) where LETTER is one of ABCD. Think step by step before answering."
)
OPENING = (
    "Here are some example questions from experts. An explanation is given before the final answer. Answer the final"
    " question yourself, giving your reasoning beforehand."
)
CLOSING = (
    "Give step by step reasoning before you answer, and when you’re ready to answer, please use the format"
    ' "The correct answer is (insert answer here)":'
)
ASK = 'Choose one of the options. End your reply with "The answer is (X)", where X is its letter.'


@task
def gpqa(
    subset: Subset = "diamond",
    style: Style = "publisher",
    shots: Annotated[int, Field(ge=0, le=SHOTS)] = 0,
    category: Category | None = None,
    seed: int = 0,
    data: str | None = None,
) -> Task:
    """Ask graduate-level questions with four options; publisher: as simple-evals or (with shots) the authors."""
    files = (f"gpqa/gpqa_{subset}.csv", f"gpqa_{subset}/*.parquet")
    rows = benchmark_rows(Hub("Idavidrein/gpqa", ("train",), (f"gpqa_{subset}",), files=files), data)
    worked = _worked(data)[:shots] if shots and style == "publisher" else []
    used = shots_used(style, shots, 0, len(worked), "prompts/chain_of_thought_examples.json")
    samples = [sample(row, seed, style, worked) for row in rows]
    return Task(
        samples=by_stratum((one for one in samples if category in (None, one.stratum)), seed),
        grader="choice",
        responses=option_letters,
        revision=rows.revision,
        notes=used.notes,
        settings=used.settings,
        max_tokens=LIMIT,
        examples=worked,
    )


def _worked(data: str | None) -> list[Sample]:
    """The authors' worked examples."""
    questions = [question for row in example_rows(EXAMPLES, data) for question in row.objects("questions")]
    return [_example(number, row) for number, row in enumerate(questions[:SHOTS], start=1)]


def _example(number: int, row: BenchmarkRow) -> Sample:
    choices = row["choices"]
    options = [str(choices[letter]) for letter in sorted(choices)]
    right = row.text("correct_answer").strip("() ")
    return Sample(
        id=f"example {number}",
        input=f"Question: {row.text('question')}\n{_bracketed(options)}",
        target=f"({right})",
        choices=options,
        metadata={"worked": f"{row.text('explanation')}\nThe correct answer is ({right})"},
    )


def sample(row: BenchmarkRow, seed: int, style: Style, worked: list[Sample]) -> Sample:
    """One question; the seed decides the position of the right option, but not the id."""
    right = row.text("Correct Answer").strip()
    name = row.text("Record ID")
    options = shuffled([right, *(row.text(column).strip() for column in WRONG)], f"{seed} {name}")
    question = row.text("Question").strip()
    shown = [f"{one.input}\nLet's think step by step: \n{one.metadata['worked']}\n" for one in worked]
    if worked:
        asked = f"Question: {question}\n{_bracketed(options)}\n{CLOSING}"
    elif style == "publisher":
        asked = f"{SIMPLE_EVALS}\n\n{question}\n\n{lettered(options)}"
    else:
        asked = f"{question}\n\n{lettered(options)}\n\n{ASK}"
    return Sample(
        id=name,
        preamble="\n".join([OPENING, *shown]) if worked else "",
        input=asked,
        target=right,
        choices=options,
        metadata={"stratum": row.text("High-level domain"), "subdomain": row.text("Subdomain")},
    )


def _bracketed(options: list[str]) -> str:
    return "\n".join(["Choices:", *(f"({chr(ord('A') + k)}) {option}" for k, option in enumerate(options))])
