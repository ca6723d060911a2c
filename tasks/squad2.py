"""SQuAD 2.0: questions on a paragraph of Wikipedia, half of which it does not answer.

What it measures: whether a model abstains where the text before it does not hold the answer. Strata: answerable and
unanswerable in turn; `run` prints precision, recall and F1 of IDK.
Source: Rajpurkar et al. 2018 (arXiv:1806.03822), hub rajpurkar/squad_v2.
Licence: CC BY-SA 4.0; the data are loaded, never shipped.
Size: 11,873 questions in the split `validation`, 5,945 of them unanswerable; the test set is not public.
Prompt: paragraph, question, and that the paragraph alone counts.
Deviation: the publisher has no prompt: systems submit spans and an empty string for "no answer".
Answer limit: the provider's.
Grader: `entity`, with `-G judge=MODEL` for what its rules cannot decide; the publisher compares normalized texts (exact
match, F1 over words).
Metrics: the publisher's "exact" has no counterpart; accuracy counts only answerable questions, IDK the others.
IDK originally pays: full marks for an unanswerable question, nothing for another.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from evalkit import BenchmarkRow, Hub, Sample, Task, benchmark_rows, task

from ._mixed import Kind, mixed

Split = Literal["train", "validation"]
FILES = {"train": "train-v2.0.json", "validation": "dev-v2.0.json"}
ASK = "Answer the question from the paragraph alone, with as few words as possible."


@task
def squad2(split: Split = "validation", subset: Kind | None = None, seed: int = 0, data: str | None = None) -> Task:
    """Ask questions on paragraphs of which half do not hold the answer."""
    files = (f"squad2/{FILES[split]}", FILES[split], f"squad2/{split}*.jsonl", f"squad_v2/{split}-*.parquet")
    rows = benchmark_rows(Hub("rajpurkar/squad_v2", (split,), files=files), data)
    return mixed((one for row in rows for one in samples(row)), subset, seed, "entity", rows.revision)


def samples(row: BenchmarkRow) -> Iterator[Sample]:
    """The questions of the publisher's document, or the one of a hub row."""
    if "data" not in row:
        answers = row["answers"]
        yield sample(row, row.text("context"), [str(one) for one in answers["text"]])
        return
    for article in row.objects("data"):
        for paragraph in article.objects("paragraphs"):
            for question in paragraph.objects("qas"):
                answers = [] if question.get("is_impossible") else question.objects("answers")
                yield sample(question, paragraph.text("context"), [one.text("text") for one in answers])


def sample(row: BenchmarkRow, paragraph: str, answers: list[str]) -> Sample:
    """One question on a paragraph; without an accepted answer it is unanswerable."""
    return Sample(
        id=row.text("id"),
        input=f"{paragraph.strip()}\n\n{row.text('question').strip()}\n\n{ASK}",
        target=list(dict.fromkeys(answers)),
        metadata={"answerable": bool(answers)},
    )
