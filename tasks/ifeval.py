"""IFEval: instructions that a program can check, such as "no commas" or "at least 300 words".

What it measures: following instructions, not knowledge. Strata: the number of instructions, in turn. Source: Zhou et
al. 2023 (arXiv:2311.07911), hub google/IFEval; Apache-2.0. Prompt: as published, nothing added. Grader: `instructions`.
IDK originally pays: a blank or "I don't know" is checked like any text, and now and then obeys ("no commas").
"""

from __future__ import annotations

from evalkit import BenchmarkRow, Hub, Sample, Task, benchmark_rows, task

from ._strata import by_stratum

HUB = Hub("google/IFEval", ("train",), files=("ifeval/input_data.jsonl", "ifeval/*.parquet", "ifeval_input_data.jsonl"))


@task
def ifeval(seed: int = 0, data: str | None = None) -> Task:
    """Ask for texts that obey checkable instructions."""
    rows = benchmark_rows(HUB, data)
    samples = by_stratum((sample(row) for row in rows), seed)
    return Task(samples=samples, grader="instructions", revision=rows.revision)


def sample(row: BenchmarkRow) -> Sample:
    """One prompt with its instructions."""
    instructions = row.texts("instruction_id_list")
    # The hub fills in null for arguments that an instruction does not take.
    given = [{key: value for key, value in one.items() if value is not None} for one in row.objects("kwargs")]
    return Sample(
        id=row.text("key"),
        input=row.text("prompt"),
        metadata={"instructions": instructions, "arguments": given, "stratum": f"{len(instructions)} instructions"},
    )
