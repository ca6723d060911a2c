"""`evalkit regrade`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from evalkit.cli.completion import complete_graders, complete_runs
from evalkit.cli.options import KeyValue, as_dict, money_options, options_named
from evalkit.cli.options import command as new_command
from evalkit.runs.folder import DEFAULT_FOLDER


@new_command("regrade", short_help="Judge a run's answers again, without asking the model.")
@click.argument("run", shell_complete=complete_runs)
@click.option(
    "--grader", default="", metavar="NAME", shell_complete=complete_graders, help="Another grader; or file.py::name."
)
@click.option(
    "-G", "grader_parameters", type=KeyValue(), multiple=True, help="A parameter of the grader or its judges."
)
@click.option(
    "--verdicts", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.csv",
    help="A person's verdicts: columns id and outcome; epoch, task, threshold, author, date and note as needed.",
)  # fmt: skip
@money_options
@click.option("--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Where runs are, and are made.")
@click.option("--name", default="", metavar="NAME", help="Name of the new run folder.")
@click.option("--label", default="", metavar="TEXT", help="What boards and figures call this condition.")
@click.option("--note", default="", metavar="TEXT", help="Free text that run.json keeps.")
@click.option("--trust", is_flag=True, help="Use the code and addresses that the run names.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    run: str,
    out: str,
    as_json: bool,
    grader_parameters: tuple[tuple[str, str], ...],
    **given: Any,
) -> None:
    """Judge the answers of a run again: by another grader, other judges, or a person. The model is not asked.

    The verdicts are a new run that names its parent, with a table of what changed. With --verdicts alone, answers that
    no row speaks of keep their grade.

    \b
    evalkit regrade 20261126-0900-simpleqa -G judge=openai/gpt-4o
    evalkit regrade 20261126-0900-simpleqa --verdicts corrections.csv
    """
    from evalkit.cli.printing import print_result
    from evalkit.cli.progress import Display, resumable
    from evalkit.report.regrade import RegradeScreen
    from evalkit.runs.folder import find_run
    from evalkit.runs.regrade import regrade

    parameters = as_dict(grader_parameters)
    with resumable(), Display() as display, options_named():
        shown = {"watch": display.watch, "notify": display.notify}
        result = regrade(run, grader_parameters=parameters, out=out, **given, **shown)
    print_result(RegradeScreen(result=result, parent=find_run(run, out)), as_json)
    if result.failed:
        click.echo(
            f"{result.failed:,} answers have no verdict. To try again: evalkit run --resume {result.folder}", err=True
        )
        ctx.exit(3)
