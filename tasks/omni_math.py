"""Omni-MATH: olympiad mathematics.

What it measures: hard mathematical reasoning with a final answer. Strata: difficulty, rounded down, in turn. Source:
Gao et al. 2024 (arXiv:2410.07985), hub KbsdJames/Omni-MATH; Apache-2.0. Prompt: the problem, and a request for a boxed
answer. Grader: `math`, which compares expressions; proofs and answers in words need a judge. IDK originally pays:
nothing.
"""

from __future__ import annotations

from evalkit import BenchmarkRow, Completion, Grade, Hub, Outcome, Sample, Task, benchmark_rows, grade_with, task

from ._strata import by_stratum

HUB = Hub(
    "KbsdJames/Omni-MATH", files=("omni_math/omni_math_rule_500.jsonl", "omni_math/*.jsonl", "omni_math/*.parquet")
)
ASK = "Reason step by step, and put your final answer within \\boxed{}."


@task
def omni_math(seed: int = 0, data: str | None = None) -> Task:
    """Ask olympiad problems."""
    rows = benchmark_rows(HUB, data)
    samples = by_stratum((sample(row, number) for number, row in enumerate(rows, start=1)), seed)
    return Task(samples=samples, grader=by_expression, revision=rows.revision)


async def by_expression(sample: Sample, completion: Completion, *, judge: str | None = None) -> Grade:
    """Correct if the expressions are equal; `judge` decides other claims, including proofs and answers in words."""
    result = await grade_with("math", sample, completion)
    if judge is None or result.outcome is not Outcome.ERROR:
        return result
    return await grade_with("judge", sample, completion, judge=judge)


def sample(row: BenchmarkRow, number: int) -> Sample:
    """One problem; the publisher gives no ids, so its position identifies it."""
    return Sample(
        id=str(row.get("idx", number)),
        input=f"{row.text('problem').strip()}\n\n{ASK}",
        target=row.text("answer"),
        metadata={"stratum": f"difficulty {int(row.number('difficulty'))}", "source": row.get("source")},
    )
