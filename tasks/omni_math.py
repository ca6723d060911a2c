"""Omni-MATH: olympiad mathematics.

What it measures: hard mathematical reasoning with a final answer. Strata: difficulty, rounded down, in turn.
Source: Gao et al. 2024 (arXiv:2410.07985), hub KbsdJames/Omni-MATH; its rule-gradable part is KbsdJames/omni-math-rule.
Licence: Apache-2.0 (the hub's card; the rule-gradable part states none).
Size: 4,428 problems; 2,821 of them rule-gradable.
Prompt: that of Qwen2.5-Math, on whose harness the authors' one for the rule-gradable part is built: a system message
asks for steps and a boxed answer, the user's turn is the problem.
Deviation: the paper does not print its prompt, so it may differ; its numbers on all problems are a judge's.
Answer limit: 8,192 tokens.
Grader: `math`, which compares expressions; proofs and answers in words need `-G judge=MODEL`.
IDK originally pays: nothing.
"""

from __future__ import annotations

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
    task,
)

from ._prompts import Style
from ._strata import by_stratum

HUB = Hub(
    "KbsdJames/Omni-MATH", files=("omni_math/omni_math_rule_500.jsonl", "omni_math/*.jsonl", "omni_math/*.parquet")
)
LIMIT = 8192
SYSTEM = Message(role="system", content="Please reason step by step, and put your final answer within \\boxed{}.")
ASK = "Reason step by step, and put your final answer within \\boxed{}."


@task
def omni_math(style: Style = "publisher", seed: int = 0, data: str | None = None) -> Task:
    """Ask olympiad problems; publisher: with the authors' system message."""
    rows = benchmark_rows(HUB, data)
    samples = by_stratum((sample(row, number, style) for number, row in enumerate(rows, start=1)), seed)
    return Task(samples=samples, grader=by_expression, revision=rows.revision, max_tokens=LIMIT)


async def by_expression(sample: Sample, completion: Completion, *, judge: str | None = None) -> Grade:
    """Correct if the expressions are equal; `judge` decides other claims, including proofs and answers in words."""
    result = await grade_with("math", sample, completion)
    if judge is None or result.outcome is not Outcome.ERROR:
        return result
    return await grade_with("judge", sample, completion, judge=judge)


def sample(row: BenchmarkRow, number: int, style: Style) -> Sample:
    """One problem; the publisher gives no ids, so its position identifies it."""
    problem = row.text("problem").strip()
    return Sample(
        id=str(row.get("idx", number)),
        turns=[SYSTEM] if style == "publisher" else [],
        input=problem if style == "publisher" else f"{problem}\n\n{ASK}",
        target=row.text("answer"),
        metadata={"stratum": f"difficulty {int(row.number('difficulty'))}", "source": row.get("source")},
    )
