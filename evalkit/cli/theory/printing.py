"""How a measurement is printed: numbers with their meaning, one sentence, or one JSON document, or a figure."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from evalkit.report.figures import Figure

SHOWN = 5e-5
"""Half of the last digit that is printed."""
ENDINGS = (".png", ".svg", ".html")
Command = TypeVar("Command", bound=Callable[..., Any])
Row = tuple[str, float | Sequence[float], str]
"""Name, value or a value a column, meaning."""


class Share(click.FloatRange):
    """A number in [0, 1]; "nan" is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Text to a number."""
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail("nan is no number", param, ctx)
        return number


class FigurePath(click.Path):
    """A path that a figure can be written to."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Text to a path; what could not be drawn is refused before anything is measured.

        Raises:
            MissingExtraError: altair is not installed.
        """
        path = Path(value)
        if path.suffix.lower() not in ENDINGS:
            self.fail(f"{path}: a figure ends in {', '.join(ENDINGS)}", param, ctx)
        if not path.absolute().parent.is_dir():
            self.fail(f"{path.parent} is no folder", param, ctx)
        from evalkit.extras import requires

        with requires("plot"):
            import altair as alt  # noqa: F401 - only to say at once that it is missing
            import vl_convert  # noqa: F401 - likewise
        return path


def output_options(function: Command) -> Command:
    """`--plot` and `--json`."""
    plot = click.option("--plot", type=FigurePath(), metavar="FILE", help="Draw it: .png, .svg or .html.")
    as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
    return plot(as_json(function))


def draw(path: Path, figure: Figure) -> None:
    """Write a figure, and say so.

    Raises:
        UsageError: the path cannot be written.
    """
    from evalkit.report import figures

    figures.save(figure, path)
    click.echo(f"written: {path}", err=True)


def print_document(document: dict[str, Any]) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False))


def print_rows(rows: Sequence[Row], sentence: str, columns: Sequence[str] = ()) -> None:
    """A line a number, and what they mean together.

    Args:
        rows: at least one.
        sentence: one of what it means, or several.
        columns: names over several values.
    """
    width = max(len(name) for name, _, _ in rows)
    wide = max([8, *(len(name) for name in columns)])
    if columns:
        click.echo(f"  {'':<{width}}  {'  '.join(f'{name:>{wide}}' for name in columns)}")
    for name, value, meaning in rows:
        values = [value] if isinstance(value, (int, float)) else value
        shown = "  ".join(f"{0.0 if abs(one) < SHOWN else one:>{wide}.4f}" for one in values)
        click.echo(f"  {name:<{width}}  {shown}   {meaning}".rstrip())
    click.echo(f"\n  {sentence}")
