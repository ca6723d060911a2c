"""`evalkit plot`."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.runs.folder import DEFAULT_FOLDER, find_run

KINDS = ("score", "coverage", "reliability", "risk", "outcomes")


@click.command("plot", short_help="Draw a figure of runs as PNG, SVG or HTML.")
@click.argument("kind", type=click.Choice(KINDS), metavar="KIND")
@click.argument("wanted", nargs=-1, metavar="[RUN...]")
@click.option("--task", "tasks", multiple=True, metavar="NAME", help="Only this task. Repeatable.")
@click.option("--model", "models", multiple=True, metavar="NAME", help="Only this model. Repeatable.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help=".png, .svg or .html.  [default: KIND.png]"
)
@click.option("--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Where runs are.")
def command(
    kind: str,
    wanted: tuple[str, ...],
    *,
    tasks: tuple[str, ...],
    models: tuple[str, ...],
    output: Path | None,
    out: str,
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
    from evalkit.errors import InputError
    from evalkit.report import figures
    from evalkit.runs.load import load

    target = output or Path(f"{kind}.png")
    folders = [_folder(run, out) for run in wanted] or [Path(out)]
    frame = load(*folders, missing=True)
    for column, names in (("task", tasks), ("model", models)):
        if names:
            known = sorted(set(frame[column]))
            frame = frame[frame[column].isin(names)]
            if missing := set(names) - set(known):
                raise InputError(f"no answer of {column} {min(missing)!r}; there are {', '.join(known)}")
    figure = figures.make_figure(kind, frame)
    figures.save(figure, target)
    click.echo(f"written: {target}", err=True)


def _folder(run: str, out: str) -> Path:
    """A run's folder, or a folder of runs as it is."""
    return Path(run) if Path(run).is_dir() else find_run(run, out)
