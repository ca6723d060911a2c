"""WildBench: real requests of real users, judged against a checklist.

What it measures: helpfulness in open conversations, as a judge sees it. Strata: the primary tag, in turn.
Source: Lin et al. 2024 (arXiv:2406.04770), hub allenai/WildBench, config v2.
Licence: AI2 ImpACT (the data), Apache-2.0 (the authors' repository).
Size: 1,024 conversations.
Prompt: the original conversation, nothing added; there is no plain variant, since it is one.
Deviation: the judge's prompt has the authors' scale and checklist in other words, and asks for the mark with a secret
word. The authors weigh five groups of tasks in their leaderboard's mean.
Answer limit: 4,096 tokens.
Grader: `rubric`, a judge's 1 to 10 (WB-Score). `-T subset=reward` compares with the reference answer that the data hold
(WB-Reward): correct if it is better; the authors average over three reference models.
Metrics: the authors' `wb_score`, or `wb_reward`.
IDK originally pays: a low mark, never more than an attempt.
"""

from __future__ import annotations

from typing import Literal

from evalkit import BenchmarkRow, Hub, Message, Sample, Task, benchmark_rows, task

from ._strata import by_stratum

HUB = Hub("allenai/WildBench", configs=("v2",), files=("wildbench/*.jsonl", "wildbench/*.json", "wildbench/*.parquet"))
LIMIT = 4096
Subset = Literal["score", "reward"]


@task
def wildbench(subset: Subset = "score", category: str | None = None, seed: int = 0, data: str | None = None) -> Task:
    """Continue real conversations; a judge marks them, or compares them with the reference. `category` is a tag."""
    rows = benchmark_rows(HUB, data)
    found = [sample(row) for row in rows]
    tags = sorted({one.stratum or "" for one in found})
    if category and category not in tags:
        raise ValueError(f"no primary tag {category!r}; the data have {', '.join(tags)}")
    return Task(
        samples=by_stratum((one for one in found if category in (None, one.stratum)), seed),
        grader="rubric" if subset == "score" else "preference",
        revision=rows.revision,
        max_tokens=LIMIT,
        metrics=["wb_score" if subset == "score" else "wb_reward"],
    )


def sample(row: BenchmarkRow) -> Sample:
    """One conversation up to the user's last turn."""
    *earlier, last = row.objects("conversation_input", least=1)
    turns = [
        Message(role="assistant" if turn.text("role") == "assistant" else "user", content=turn.text("content"))
        for turn in earlier
    ]
    references = row.get("references") or {}
    return Sample(
        id=row.text("session_id"),
        input=last.text("content"),
        turns=turns,
        metadata={
            "stratum": row.text("primary_tag"),
            "checklist": row.texts("checklist"),
            "intent": row.get("intent"),
            "references": {name: text for name, text in references.items() if isinstance(text, str) and text},
        },
    )
