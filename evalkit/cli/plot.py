"""`evalkit plot`."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.completion import complete_runs
from evalkit.cli.options import command as new_command
from evalkit.cli.options import names_option
from evalkit.runs.folder import DEFAULT_FOLDER

KINDS = ("score", "coverage", "reliability", "risk", "outcomes")


@new_command("plot", short_help="Draw a figure of runs as PNG, SVG or HTML.")
@click.argument("kind", type=click.Choice(KINDS), metavar="KIND")
@click.argument("runs", nargs=-1, metavar="[RUN...]", shell_complete=complete_runs)
@names_option("--task", "tasks", help="Only these tasks.")
@names_option("--model", "models", help="Only these models.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help=".png, .svg or .html.  [default: KIND.png]"
)
@click.option("--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Where runs are.")
def command(
    kind: str, runs: tuple[str, ...], *, tasks: list[str], models: list[str], output: Path | None, out: str
) -> None:
    """Draw a figure of runs, or of every run below a folder.

    \b
    score        S_t against t
    coverage     share answered, and accuracy of the answers, against the stated t
    reliability  accuracy against confidence
    risk         share wrong among the most confident answers
    outcomes     correct, error and IDK by stratum

    \b
    evalkit plot score results/ -o score.svg
    evalkit plot coverage RUN
    """
    from evalkit.cli.printing import save
    from evalkit.report.plot import plot

    save(plot(kind, *runs, tasks=tasks, models=models, out=out), output or Path(f"{kind}.png"))
