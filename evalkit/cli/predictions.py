"""`evalkit predictions`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from evalkit.cli.options import command as new_command
from evalkit.cli.printing import say
from evalkit.errors import UsageError
from evalkit.runs.folder import DEFAULT_FOLDER, find_run


@new_command("predictions", short_help="Write a run's patches in SWE-bench's layout.")
@click.argument("run")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("predictions.jsonl"),
    show_default=True,
    metavar="FILE",
)
@click.option("--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Where runs are.")
def command(run: str, *, output: Path, out: str) -> None:
    """Write a run's patches as predictions, for SWE-bench's harness to evaluate elsewhere.

    \b
    evalkit run --task swe_bench --model openai/gpt-4o
    evalkit predictions RUN
    python -m swebench.harness.run_evaluation --dataset_name SWE-bench/SWE-bench_Verified \\
        --predictions_path predictions.jsonl --run_id evalkit
    evalkit rescore openai__gpt-4o.evalkit.json
    """
    from evalkit.runs.predictions import predictions

    rows = list(predictions(find_run(run, out)))
    try:
        output.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"-o {output} cannot be written ({error.strerror})") from error
    empty = sum(not row["model_patch"] for row in rows)
    say(f"written: {output} ({len(rows):,} answers, {empty:,} without a patch)", err=True)
