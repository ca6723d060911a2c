"""FalseQA: tricky questions with a false premise, each with a sound one on the same subject.

What it measures: whether a model rejects a false premise instead of answering. Strata: answerable and unanswerable in
turn; `run` prints precision, recall and F1 of IDK.
Source: Hu et al. 2023 (arXiv:2307.02394), dataset/test.csv of thunlp/FalseQA.
Licence: none stated in the authors' repository; the data are loaded, never shipped.
Size: 1,374 questions in the test split, half of them with a false premise (4,730 in all).
Prompt: the question alone; there is no plain variant, since it is one.
Deviation: the authors fine-tune models on the training split; here nothing is trained.
Answer limit: the provider's.
Grader: an abstention is IDK, and so is an answer that rejects the premise, which a judge decides (`-G judge=MODEL`);
without a judge such answers are missing. Answers to sound questions by `entity`.
Metrics: the authors' precision, recall and F1 of rejecting the premise are those of IDK.
IDK originally pays: nothing; only an answer that rejects the premise counts.
"""

from __future__ import annotations

from typing import Literal

from evalkit import (
    BenchmarkRow,
    Completion,
    Grade,
    Hub,
    Sample,
    Task,
    ask_verdict,
    benchmark_rows,
    grade_with,
    non_answer,
    plain,
    task,
)

from ._mixed import Kind, mixed

Split = Literal["train", "valid", "test"]
PREMISE = "1"
LONGEST = 200
RULES = """The question has a false premise, and the accepted answers say which. correct: the answer rejects the premise
or says that the question makes no sense. incorrect: it accepts the premise."""


@task
def falseqa(split: Split = "test", subset: Kind | None = None, seed: int = 0, data: str | None = None) -> Task:
    """Ask questions of which half have a false premise."""
    hub = Hub("", files=(f"falseqa/{split}.csv", f"falseqa/dataset/{split}.csv", f"dataset/{split}.csv"))
    rows = benchmark_rows(hub, data)
    samples = (sample(row, number) for number, row in enumerate(rows, start=1))
    return mixed(samples, subset, seed, by_premise, rows.revision)


async def by_premise(sample: Sample, completion: Completion, *, judge: str | None = None) -> Grade:
    """Grade answers to sound questions by `entity`; of the others, `judge` says whether they reject the premise."""
    if sample.answerable:
        return await grade_with("entity", sample, completion, judge=judge)
    if kind := non_answer(completion.text, question=sample.prompt):
        return Grade.idk(kind)
    answer = plain(completion.text)[:LONGEST]
    if judge is None:
        return Grade.cannot_decide("whether it rejects the premise; -G judge=MODEL decides", answer=answer)
    about = sample.model_copy(update={"target": sample.metadata["rebuttals"]})
    ruling = await ask_verdict(judge, about, completion.text, rules=RULES)
    if ruling.verdict == "incorrect":
        return Grade.of(
            correct=False, answer=answer, reason=f"accepts the premise; {ruling.reason}", votes=ruling.votes
        )
    return Grade.idk("abstained", f"rejects the premise; {ruling.reason}", votes=ruling.votes)


def sample(row: BenchmarkRow, number: int) -> Sample:
    """One question; the publisher gives no ids, so its position identifies it."""
    sound = row.text("label") != PREMISE
    answers = row.texts("answer") if row.text("answer").startswith("[") else [row.text("answer")]
    return Sample(
        id=str(number),
        input=row.text("question"),
        target=answers if sound else [],
        metadata={"answerable": sound} | ({} if sound else {"rebuttals": answers}),
    )
