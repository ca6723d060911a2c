"""`evalkit list`."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit import plugins
from evalkit.cli.completion import complete_tasks
from evalkit.cli.options import command as new_command
from evalkit.cli.options import names_option
from evalkit.display import one_line
from evalkit.errors import UsageError
from evalkit.runs.folder import DEFAULT_FOLDER

GROUPS: dict[str, plugins.Group] = {
    "tasks": "tasks",
    "graders": "graders",
    "readers": "readers",
    "models": "providers",
    "metrics": "metrics",
}


@new_command("list", short_help="List tasks, graders, readers, models, metrics or runs.")
@click.argument("what", type=click.Choice([*GROUPS, "runs"]))
@click.argument("name", required=False, shell_complete=complete_tasks)
@click.option("--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Where runs are looked for.")
@names_option("--tag", "tags", metavar="TAG,…", help="Only runs that have these tags.")
@click.option("--data", metavar="PATH", help="Local files that a task's example prompt is taken from.")
def command(what: str, name: str | None, *, out: str, tags: list[str], data: str | None) -> None:
    """List what is installed (tasks, graders, readers, models, metrics) or recorded (runs), a line each.

    \b
    evalkit list tasks
    evalkit list tasks bbh     its options, source, licence, size, grader, what IDK pays, and a prompt
    evalkit list runs          newest first, with the settings that are not the defaults
    """
    if tags and what != "runs":
        raise UsageError("--tag is for evalkit list runs")
    if name is not None:
        if what != "tasks":
            raise UsageError(f"evalkit list {what} takes no name; only evalkit list tasks NAME does")
        from evalkit.cli.printing import print_result
        from evalkit.report.task_card import describe_task

        print_result(describe_task(name, data), as_json=False)
        return
    if what == "runs":
        from evalkit.cli.printing import print_result
        from evalkit.report.runs import list_runs

        print_result(list_runs(Path(out), tags), as_json=False)
        return
    names = plugins.names(GROUPS[what])
    if not names:
        click.echo(f"no {what} are installed", err=True)
    ending = "/…" if what == "models" else ""
    width = max((len(one) for one in names), default=0) + len(ending)
    for one in names:
        click.echo(f"{one_line(one + ending):<{width}}  {one_line(plugins.describe(GROUPS[what], one), 200)}")
