"""UMWP: word problems in arithmetic, half of them changed so that they cannot be solved.

What it measures: whether a model notices that a problem lacks or contradicts what it needs. Strata: answerable and
unanswerable in turn; `run` prints precision, recall and F1 of IDK.
Source: Sun et al. 2024 (arXiv:2403.03558), data/StandardDataset.jsonl of Yuki-Asuuna/UMWP.
Licence: CC BY-SA 4.0 (the data), Apache-2.0 (the code); the data are loaded, never shipped.
Size: 5,200 problems, half of them unanswerable.
Prompt: the problem, and how to end.
Deviation: the authors' forms are "Q: … A:", an instruction that allows "unanswerable" and worked examples; here a
stated target takes the part of the instruction.
Answer limit: 4,096 tokens; the authors' is 1,024.
Grader: `math`. The authors look for sentences or variables that say so, and compare numbers.
Metrics: the authors' F1 of abstention is printed with its precision and recall.
IDK originally pays: full marks for an unanswerable problem, a mistake for another.
"""

from __future__ import annotations

from dataclasses import replace

from evalkit import BenchmarkRow, Hub, Sample, Task, benchmark_rows, task

from ._mixed import Kind, mixed

HUB = Hub("", files=("umwp/StandardDataset.jsonl", "umwp/*.jsonl", "StandardDataset.jsonl"))
LIMIT = 4096
ASK = 'End with a line of its own: "The answer is …".'


@task
def umwp(subset: Kind | None = None, seed: int = 0, data: str | None = None) -> Task:
    """Ask word problems of which half cannot be solved."""
    rows = benchmark_rows(HUB, data)
    made = mixed((sample(row) for row in rows), subset, seed, "math", rows.revision)
    return replace(made, max_tokens=LIMIT)


def sample(row: BenchmarkRow) -> Sample:
    """One problem."""
    answerable = row["answerable"] is True
    return Sample(
        id=row.text("id"),
        input=f"{row.text('question')}\n\n{ASK}",
        target=[f"{float(one):.10g}" for one in row.texts("answer")] if answerable else [],
        metadata={"answerable": answerable, "source": row.get("source"), "category": row.get("category")},
    )
