"""How commands print a result: laid out for the terminal, as one JSON document, or as a figure."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from evalkit.display import Printable
    from evalkit.report.figures import Figure

ENDINGS = (".png", ".svg", ".html")
Command = TypeVar("Command", bound=Callable[..., Any])


class FigurePath(click.Path):
    """A path that a figure can be written to."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Convert text to a path; refuse one that cannot be drawn to before anything is measured.

        Raises:
            MissingExtraError: the plot extra is not installed.
        """
        path = Path(value)
        if path.suffix.lower() not in ENDINGS:
            self.fail(f"{path}: a figure ends in {', '.join(ENDINGS)}", param, ctx)
        if not path.absolute().parent.is_dir():
            self.fail(f"{path.parent} is not a folder", param, ctx)
        from evalkit.report.plot import check_extra

        check_extra()
        return path


def output_options(function: Command) -> Command:
    """Add `--plot` and `--json`."""
    plot = click.option("--plot", type=FigurePath(), metavar="FILE", help="Draw it: .png, .svg or .html.")
    as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
    return plot(as_json(function))


def print_result(result: Printable, as_json: bool, figure: Path | None = None) -> None:
    """Print a result on stdout, and draw it where that is wanted.

    Args:
        result: what a public function returned.
        as_json: print one JSON document.
        figure: file to draw it to.

    Raises:
        UsageError: the file cannot be written.
    """
    if as_json:
        print_document(result.to_dict())
    else:
        click.echo(result.text(width(), styled=is_styled()))
    if figure:
        from evalkit.report.plot import plot

        save(plot(result), figure)


def print_document(document: Any) -> None:
    """Print one JSON document on stdout; numbers that are not finite become null."""
    from evalkit.display import json_text

    click.echo(json_text(document))


def say(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print text that may hold names of files, models or tasks, hidden characters as escapes."""
    from evalkit.display import visible

    click.echo(visible(text), err=err, nl=nl)


def save(figure: Figure, path: Path) -> None:
    """Write a figure, and say so on stderr.

    Raises:
        UsageError: the path cannot be written.
    """
    figure.save(path)
    say(f"written: {path}", err=True)


def width() -> int | None:
    """Return the columns of the terminal, or those that COLUMNS names; None where the output goes elsewhere."""
    if (columns := os.environ.get("COLUMNS", "")).isdecimal() and int(columns):
        return int(columns)
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def is_styled() -> bool:
    """Whether the output is a terminal whose user has nothing against styles (NO_COLOR)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
