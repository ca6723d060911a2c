"""KUQ, Known-Unknown Questions: questions whose answer is unknown to everybody, each with one whose answer is known.

What it measures: whether a model tells the unknown (future, unsolved, controversial, ambiguous, counterfactual, false
premise) from the known. Strata: answerable and unanswerable in turn; `run` prints precision, recall and F1 of IDK.
Source: Amayuelas et al. 2023 (arXiv:2305.13712), hub amayuelas/KUQ, knowns_unknowns.jsonl.
Licence: MIT (the authors' repository; the known questions are of HotpotQA, SQuAD and TriviaQA); the data are loaded,
never shipped.
Size: about 6,900 questions, half of them unknown.
Prompt: the question alone; there is no plain variant, since it is one.
Deviation: the authors' prompts allow "It is unknown"; here a stated target takes their part.
Answer limit: the provider's; the authors' is 128 tokens for GPT models.
Grader: `entity`, with `-G judge=MODEL` for what its rules cannot decide. The authors train a classifier of
uncertainty.
Metrics: the authors' F1 of abstention is printed with its precision and recall.
IDK originally pays: full marks for an unknown question, a mistake for another.
"""

from __future__ import annotations

from evalkit import BenchmarkRow, Hub, Sample, Task, benchmark_rows, task

from ._mixed import Kind, mixed

HUB = Hub("amayuelas/KUQ", ("train",), files=("kuq/knowns_unknowns.jsonl", "kuq/*.jsonl", "knowns_unknowns.jsonl"))


@task
def kuq(subset: Kind | None = None, seed: int = 0, data: str | None = None) -> Task:
    """Ask questions of which half are unknown to everybody."""
    rows = benchmark_rows(HUB, data)
    samples = (sample(row, number) for number, row in enumerate(rows, start=1))
    return mixed(samples, subset, seed, "entity", rows.revision)


def sample(row: BenchmarkRow, number: int) -> Sample:
    """One question; the publisher gives no ids, so its position identifies it."""
    answerable = row["unknown"] is not True
    return Sample(
        id=str(number),
        input=row.text("question"),
        target=row.texts("answer") if answerable else [],
        metadata={"answerable": answerable, "source": row.get("source"), "category": row.get("category")},
    )
