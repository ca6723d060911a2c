"""`evalkit leaderboard`."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.completion import complete_runs
from evalkit.cli.options import KeyValue, as_dict, stated, threshold_option
from evalkit.cli.options import command as new_command
from evalkit.errors import UsageError
from evalkit.runs.folder import DEFAULT_FOLDER

FORMATS = ("table", "markdown", "csv", "json", "html")


@new_command("leaderboard", short_help="Rank models over runs, at every threshold.")
@click.argument("paths", nargs=-1, metavar="[PATH...]", shell_complete=complete_runs)
@threshold_option(help="Default: 0,0.5,0.75,0.9.")
@click.option("--macro", is_flag=True, help="Also rank by the mean over tasks.")
@click.option(
    "--label", "labels", type=KeyValue("RUN=TEXT"), multiple=True, help="What the board calls a run's condition."
)
@click.option("--format", "format_", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write there instead of printing."
)
@click.option("--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Where runs are, and are made.")
def command(
    paths: tuple[str, ...],
    *,
    thresholds: list[float | None],
    macro: bool,
    labels: tuple[tuple[str, str], ...],
    format_: str,
    output: Path | None,
    out: str,
) -> None:
    """Rank models over runs and foreign outputs: scores with rank sets, and how ranks move with t.

    \b
    evalkit leaderboard
    evalkit leaderboard results/ --threshold 0,0.5,0.9 --format html -o board.html
    evalkit leaderboard logs/                        foreign outputs are rescored on the way
    """
    from evalkit.cli.printing import print_result, say
    from evalkit.display import json_text, visible
    from evalkit.report import leaderboard, leaderboard_page
    from evalkit.runs.scorecard import DEFAULT_THRESHOLDS

    ts = stated(thresholds, "a leaderboard") or list(DEFAULT_THRESHOLDS)
    ranking = leaderboard.rank(paths, thresholds=ts, macro=macro, labels=as_dict(labels), out=out)
    if format_ == "table" and output is None:
        print_result(ranking, as_json=False)
        return
    if format_ == "table":
        raise UsageError("-o needs --format markdown, csv, json or html")
    text = {
        "markdown": lambda: visible(leaderboard.markdown(ranking)),
        "csv": lambda: visible(leaderboard.as_csv(ranking)),
        "json": lambda: json_text(leaderboard.document(ranking)) + "\n",
        "html": lambda: leaderboard_page.html_page(ranking),
    }[format_]()
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(f"-o {output} cannot be written ({error.strerror})") from error
    say(f"written: {output}", err=True)
