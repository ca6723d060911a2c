"""IFEval: instructions that a program can check, such as "no commas" or "at least 300 words".

What it measures: following instructions, not knowledge. Strata: the number of instructions, in turn.
Source: Zhou et al. 2023 (arXiv:2311.07911), hub google/IFEval.
Licence: Apache-2.0.
Size: 541 prompts with 834 instructions.
Prompt: as published, nothing added, no system message; there is no plain variant, since it is one.
Deviation: none known in the prompt. Two instructions that name a sign as a letter, and very short texts whose language
is to be detected, are checked as `instructions` says.
Answer limit: 4,096 tokens; the authors state none, lm-evaluation-harness uses 1,280.
Grader: `instructions`; `-G verdict=loose` makes an answer correct by the loose verdict.
Metrics: the authors' four accuracies, of prompts and of instructions, strict and loose.
IDK originally pays: a blank or "I don't know" is checked like any text, and now and then obeys ("no commas").
"""

from __future__ import annotations

from evalkit import BenchmarkRow, Hub, Sample, Task, benchmark_rows, task

from ._strata import by_stratum

HUB = Hub("google/IFEval", ("train",), files=("ifeval/input_data.jsonl", "ifeval/*.parquet", "ifeval_input_data.jsonl"))
LIMIT = 4096
METRICS = ("ifeval_prompt_strict", "ifeval_instruction_strict", "ifeval_prompt_loose", "ifeval_instruction_loose")


@task
def ifeval(category: str | None = None, seed: int = 0, data: str | None = None) -> Task:
    """Ask for texts that obey checkable instructions; `category` keeps those with such an instruction ("keywords")."""
    rows = benchmark_rows(HUB, data)
    found = [one for row in rows if _has(one := sample(row), category)]
    if category and not found:
        raise ValueError(f"no prompt has an instruction of the category {category!r}")
    return Task(
        samples=by_stratum(found, seed),
        grader="instructions",
        revision=rows.revision,
        max_tokens=LIMIT,
        metrics=METRICS,
    )


def _has(sample: Sample, category: str | None) -> bool:
    names: list[str] = sample.metadata["instructions"]
    return category is None or any(name.partition(":")[0] == category for name in names)


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
