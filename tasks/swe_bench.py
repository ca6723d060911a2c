"""SWE-bench: real issues of real Python projects, solved by a patch that makes their tests pass.

What it measures: engineering in a repository. Strata: the repository, in turn.
Source: Jimenez et al. 2023 (arXiv:2310.06770), hub SWE-bench/SWE-bench_Verified (or _Lite, or all).
Licence: MIT; the issues and patches are of projects under their own licences.
Size: 500 issues (verified), 300 (lite), 2,294 (full).
Prompt: that of mini-swe-agent, which the publisher's board runs on every model: the agent gets the issue and a shell in
the repository's Docker image. A stated target follows the issue, with how to abstain: submit nothing.
`-T agent=none` asks for a patch from the issue alone, as does a machine without Docker, which a note and the board say.
Deviation: commands are read from the text instead of tool calls, so that every model can give them.
Answer limit: 8,192 tokens a turn, 250 turns; there is no limit of cost.
Grader: `patch`, the publisher's test harness in Docker.
IDK originally pays: nothing; an empty patch counts as a failure to resolve.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

from evalkit import BenchmarkRow, Hub, Sample, Task, benchmark_rows, docker_runs, task

from ._agent import COMMAND, solve
from ._strata import by_stratum

NAMES = {"verified": "SWE-bench_Verified", "lite": "SWE-bench_Lite", "full": "SWE-bench"}
FILES = ("swe_bench/*.jsonl", "swe_bench/*.json", "swe_bench/*.parquet", "data/test-*.parquet")
LIMIT = 8192
WITHOUT = (
    f"Docker does not run here: patches are asked for from the issue alone; with the publisher's agent, where it runs:"
    f" {COMMAND}"
)
ASK = "Reply with a patch in unified diff format, as `git diff` writes it, in a block that begins with ```diff."


@task
def swe_bench(
    subset: Literal["verified", "lite", "full"] = "verified",
    agent: Literal["mini", "none"] | None = None,
    repositories: str | None = None,
    seed: int = 0,
    data: str | None = None,
) -> Task:
    """Let an agent write a patch that resolves an issue.

    `agent` is mini where Docker runs, else none. `repositories` is a folder of git repositories, OWNER__NAME each: the
    agent works in clones on this machine, where it may run any command, instead of in Docker.
    """
    name = f"SWE-bench/{NAMES[subset]}"
    rows = benchmark_rows(Hub(name, files=FILES), data)
    alone = agent == "none" or (agent is None and repositories is None and not docker_runs())
    samples = by_stratum((sample(row, name, alone=alone) for row in rows), seed)
    replaced = alone and agent is None
    return Task(
        samples=samples,
        grader="patch",
        revision=rows.revision,
        max_tokens=LIMIT,
        notes=[WITHOUT] if replaced else [],
        settings={"agent": "none instead of mini"} if replaced else {},
        solve=None if alone else partial(solve, repositories=repositories),
    )


def sample(row: BenchmarkRow, dataset: str, *, alone: bool) -> Sample:
    """One issue: as the agent gets it, or with repository, commit and how to write a patch where there is no agent."""
    repository, commit = row.text("repo"), row.text("base_commit")
    issue = row.text("problem_statement")
    about = f"The repository {repository} at commit {commit} has this issue:\n\n{issue}\n\n{ASK}"
    name = row.text("instance_id")
    return Sample(
        id=name,
        input=about if alone else issue,
        metadata={
            "stratum": repository,
            "dataset": dataset,
            "instance_id": name,
            "repo": repository,
            "base_commit": commit,
        },
    )
