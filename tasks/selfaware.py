"""SelfAware: questions with and without an answer, to see whether a model knows what nobody knows.

What it measures: abstention from questions that have no answer (strata `unanswerable`), and from none of the others,
which come from SQuAD, HotpotQA and TriviaQA; `run` prints precision, recall and F1 of IDK.
Source: Yin et al. 2023 (arXiv:2305.18153), data/SelfAware.json of yinzhangyue/SelfAware.
Licence: CC BY-SA 4.0 (the data), Apache-2.0 (the code); the data are loaded, never shipped.
Size: 3,369 questions, 1,032 of them unanswerable.
Prompt: the question alone; there is no plain variant, since it is one.
Deviation: the authors' three forms are "Q: … A:", an instruction that allows "The answer is unknown" and worked
examples; here a stated target takes the part of the instruction.
Answer limit: the provider's; the authors' is 256 tokens.
Grader: `entity`, with `-G judge=MODEL` for what its rules cannot decide. The authors compare with twelve reference
sentences by embedding, and judge no answer to an answerable question.
Metrics: the authors' F1 of abstention is printed with its precision and recall.
IDK originally pays: full marks for an unanswerable question, a mistake for another.
"""

from __future__ import annotations

from evalkit import BenchmarkRow, Hub, Sample, Task, benchmark_rows, task

from ._mixed import Kind, mixed

HUB = Hub("", files=("selfaware/SelfAware.json", "SelfAware.json"))


@task
def selfaware(subset: Kind | None = None, seed: int = 0, data: str | None = None) -> Task:
    """Ask questions of which three in ten have no answer."""
    rows = benchmark_rows(HUB, data)
    questions = (question for row in rows for question in row.objects("example"))
    return mixed((sample(question) for question in questions), subset, seed, "entity", rows.revision)


def sample(row: BenchmarkRow) -> Sample:
    """One question."""
    answerable = row["answerable"] is True
    return Sample(
        id=row.text("question_id"),
        input=row.text("question"),
        target=row.texts("answer") if answerable else [],
        metadata={"answerable": answerable, "source": row.get("source")},
    )
