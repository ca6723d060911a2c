"""WildBench: real requests of real users, judged against a checklist.

What it measures: helpfulness in open conversations, as a judge sees it. Strata: the primary tag, in turn. Source: Lin
et al. 2024 (arXiv:2406.04770), hub allenai/WildBench, config v2; AI2 ImpACT Licence. Prompt: the original
conversation. Grader: `rubric`, a judge's 1 to 10. IDK originally pays: a low mark, never more than an attempt.
"""

from __future__ import annotations

from evalkit import BenchmarkRow, Hub, Message, Sample, Task, benchmark_rows, task

from ._strata import by_stratum

HUB = Hub("allenai/WildBench", configs=("v2",), files=("wildbench/*.jsonl", "wildbench/*.json", "wildbench/*.parquet"))


@task
def wildbench(seed: int = 0, data: str | None = None) -> Task:
    """Continue real conversations; a judge marks them."""
    rows = benchmark_rows(HUB, data)
    return Task(samples=by_stratum((sample(row) for row in rows), seed), grader="rubric", revision=rows.revision)


def sample(row: BenchmarkRow) -> Sample:
    """One conversation up to the user's last turn."""
    *earlier, last = row.objects("conversation_input", least=1)
    turns = [
        Message(role="assistant" if turn.text("role") == "assistant" else "user", content=turn.text("content"))
        for turn in earlier
    ]
    return Sample(
        id=row.text("session_id"),
        input=last.text("content"),
        turns=turns,
        metadata={"stratum": row.text("primary_tag"), "checklist": row.texts("checklist"), "intent": row.get("intent")},
    )
