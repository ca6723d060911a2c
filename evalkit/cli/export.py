"""`evalkit export`."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.options import KeyValue, as_dict
from evalkit.cli.options import command as new_command
from evalkit.runs.folder import DEFAULT_FOLDER

FORMATS = ("inspect", "every-eval-ever", "hub", "parquet", "csv", "xlsx", "latex")
RELATIONSHIPS = ("first_party", "third_party", "collaborative", "other")


@new_command("export", short_help="Write runs in the format of another tool.")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option("--to", type=click.Choice(FORMATS), required=True, help="The format.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder for the files.  [default: RUN-FORMAT]",
)
@click.option("--organization", default="", metavar="NAME", help="Who publishes the results (every-eval-ever).")
@click.option(
    "--relationship",
    type=click.Choice(RELATIONSHIPS),
    help="Of the evaluator to the model's maker (every-eval-ever).  [default: other]",
)
@click.option(
    "--model-id",
    "model_ids",
    type=KeyValue("MODEL=MAKER/NAME"),
    multiple=True,
    help="A model's id on the Hub (every-eval-ever).",
)
@click.option(
    "--task-id",
    "task_ids",
    type=KeyValue("TASK=ID"),
    multiple=True,
    help="Which of a benchmark's tasks on the Hub this is (hub).  [default: as the benchmark's eval.yaml says]",
)
@click.option("--source-url", default="", metavar="URL", help="Where the transcripts can be read (hub).")
@click.option("--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Where runs are.")
def command(
    runs: tuple[str, ...],
    *,
    to: str,
    output: Path | None,
    organization: str,
    relationship: str | None,
    model_ids: tuple[tuple[str, str], ...],
    task_ids: tuple[tuple[str, str], ...],
    source_url: str,
    out: str,
) -> None:
    """Write runs, or rescored runs, in the format of another tool.

    \b
    inspect          a log for `inspect view`, one for each task, model and target
    every-eval-ever  aggregates and samples, schema 0.3.0
    hub              .eval_results/*.yaml for a model's repository, of benchmarks the Hub knows
    parquet, csv, xlsx, latex
                     two tables: records, and the leaderboard of these runs

    \b
    evalkit export RUN --to inspect -o logs
    evalkit export RUN --to every-eval-ever --model-id vllm/smol=HuggingFaceTB/SmolLM2-135M-Instruct
    evalkit export RUN1 RUN2 --to xlsx
    """
    from evalkit.cli.printing import say
    from evalkit.exports.export import write_export
    from evalkit.exports.options import ExportOptions

    options = ExportOptions(
        organization=organization,
        relationship=relationship or "",  # type: ignore[arg-type] # one of the choices
        model_ids=as_dict(model_ids),
        task_ids=as_dict(task_ids),
        source_url=source_url,
    )
    exported = write_export(runs, to=to, output=output, out=out, options=options)
    for note in exported.notes:
        say(note, err=True)
    for path in exported.files:
        say(f"written: {path}", err=True)
