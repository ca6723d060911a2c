"""HLE, Humanity's Last Exam: questions at the edge of what experts know.

What it measures: expert knowledge and reasoning, far beyond most models. Strata: the category, in turn.
Source: Phan et al. 2025 (arXiv:2501.14249), hub cais/hle, gated.
Licence: MIT; it contains a canary string, so never publish its texts.
Size: 2,500 questions; the 2,158 without an image are asked.
Prompt: the authors' (hle_eval of centerforaisafety/hle): a system message asks for explanation, answer and confidence,
the user's turn is the question.
Deviation: questions with an image are left out and counted. The judge gets the authors' criteria in other words and
must answer with a secret word.
Answer limit: 8,192 tokens.
Grader: `choice` if options are lettered, else `entity`. The authors let o3-mini judge every answer:
`-G judge=MODEL -G judging=all`.
Metrics: accuracy, and the authors' `calibration_error` of the confidences that answers state.
IDK originally pays: nothing; its confidence counts in the calibration error, where evalkit leaves it out.
"""

from __future__ import annotations

import re
from typing import Literal

from evalkit import (
    BenchmarkRow,
    Completion,
    Grade,
    Hub,
    Message,
    Outcome,
    Sample,
    Task,
    benchmark_rows,
    grade_with,
    split_verbal,
    task,
)

from ._judging import Judging, by_entity
from ._prompts import Style
from ._strata import by_stratum

Category = Literal[
    "Biology/Medicine", "Chemistry", "Computer Science/AI", "Engineering", "Humanities/Social Science", "Math",
    "Other", "Physics",
]  # fmt: skip
HUB = Hub("cais/hle", files=("hle/*.jsonl", "hle/*.json", "hle/*.csv", "hle/*.parquet", "data/test-*.parquet"))
LIMIT = 8192
SYSTEM = Message(
    role="system",
    content="Your response should be in the following format:\nExplanation: {your explanation for your answer choice}\n"
    "Answer: {your chosen answer}\nConfidence: {your confidence score between 0% and 100% for your answer}",
)
ASK = 'End with a line of its own: "The answer is …".'
RULES = """Look only for the final answer. It is correct if it matches the accepted one, a number also within a small
margin of error; it is incorrect wherever it is ambiguous, inconsistent or not equivalent. Do not solve the problem."""
_OPTION = re.compile(r"^([A-Z])[.)] ?(.*)$", re.MULTILINE)


@task
def hle(style: Style = "publisher", category: Category | None = None, seed: int = 0, data: str | None = None) -> Task:
    """Ask the text questions of Humanity's Last Exam; publisher: with explanation and confidence."""
    rows = benchmark_rows(HUB, data)
    samples: list[Sample] = []
    images = 0
    for row in rows:
        if category not in (None, row.text("category")):
            continue
        if row.get("image"):
            images += 1
        else:
            samples.append(sample(row, style))
    notes = [f"{images:,} questions with an image are left out"] if images else []
    revision = rows.revision | ({"left_out": f"{images} with an image"} if images else {})
    return Task(
        samples=by_stratum(samples, seed),
        grader=by_type,
        revision=revision,
        notes=notes,
        max_tokens=LIMIT,
        metrics=["calibration_error"],
    )


async def by_type(
    sample: Sample, completion: Completion, *, judge: str | None = None, judging: Judging = "undecided"
) -> Grade:
    """Grade by `choice` if there are options, else by `entity`; `judge` decides what the rules cannot, or all."""
    text, confidence = split_verbal(completion.text)
    bare = completion.model_copy(update={"text": text}) if confidence is not None and text.strip() else completion
    if sample.choices and (judge is None or judging == "undecided"):
        result = await grade_with("choice", sample, bare)
    else:
        result = await by_entity(sample, bare, judge, judging, rules=RULES)
    if confidence is None or result.outcome not in (Outcome.CORRECT, Outcome.ERROR):
        return result
    return result.model_copy(update={"confidence": confidence})


def sample(row: BenchmarkRow, style: Style) -> Sample:
    """One question; its options, if any, are parsed from its text."""
    question, target = row.text("question"), row.text("answer")
    options = None
    if row.text("answer_type") == "multipleChoice":
        found = dict(_OPTION.findall(question))
        in_order = [chr(ord("A") + k) for k in range(len(found))]
        options = [found[letter] for letter in in_order] if list(found) == in_order else None
    return Sample(
        id=row.text("id"),
        turns=[SYSTEM] if style == "publisher" else [],
        input=question if style == "publisher" else f"{question}\n\n{ASK}",
        target=target,
        choices=options,
        metadata={"stratum": row.text("category"), "subject": row.get("raw_subject")},
    )
