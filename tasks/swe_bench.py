"""SWE-bench: real issues of real Python projects, solved by a patch that makes their tests pass.

What it measures: engineering in a repository. Strata: the repository, in turn.
Source: Jimenez et al. 2023 (arXiv:2310.06770), hub SWE-bench/SWE-bench_Verified (or _Lite, or all).
Licence: MIT; the issues and patches are of projects under their own licences.
Size: 500 issues (verified), 300 (lite), 2,294 (full).
Prompt: the issue alone, without the repository's files.
Deviation: published numbers are of agents that read the repository; agents write predictions of their own, which
`evalkit rescore` reads.
Answer limit: 8,192 tokens.
Grader: `patch`, the publisher's test harness in Docker.
IDK originally pays: nothing; an empty patch counts as a failure to resolve.
"""

from __future__ import annotations

from typing import Literal

from evalkit import BenchmarkRow, Hub, Sample, Task, benchmark_rows, task

from ._strata import by_stratum

NAMES = {"verified": "SWE-bench_Verified", "lite": "SWE-bench_Lite", "full": "SWE-bench"}
FILES = ("swe_bench/*.jsonl", "swe_bench/*.json", "swe_bench/*.parquet", "data/test-*.parquet")
LIMIT = 8192
ASK = "Reply with a patch in unified diff format, as `git diff` writes it, in a block that begins with ```diff."


@task
def swe_bench(subset: Literal["verified", "lite", "full"] = "verified", seed: int = 0, data: str | None = None) -> Task:
    """Ask for a patch that resolves an issue."""
    name = f"SWE-bench/{NAMES[subset]}"
    rows = benchmark_rows(Hub(name, files=FILES), data)
    samples = by_stratum((sample(row, name) for row in rows), seed)
    return Task(samples=samples, grader="patch", revision=rows.revision, max_tokens=LIMIT)


def sample(row: BenchmarkRow, dataset: str) -> Sample:
    """One issue."""
    repository, commit = row.text("repo"), row.text("base_commit")
    question = f"The repository {repository} at commit {commit} has this issue:\n\n{row.text('problem_statement')}"
    return Sample(
        id=row.text("instance_id"),
        input=f"{question}\n\n{ASK}",
        metadata={"stratum": repository, "dataset": dataset, "instance_id": row.text("instance_id")},
    )
