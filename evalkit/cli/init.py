"""`evalkit init`."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.options import command as new_command
from evalkit.cli.printing import say
from evalkit.cli.study import write_example


@new_command("init", short_help="Write an example of a study file.")
@click.argument("path", default="study.toml", type=click.Path(path_type=Path), metavar="[FILE]")
def command(path: Path) -> None:
    """Write a commented study file, ready for `evalkit run`.

    \b
    evalkit init
    evalkit run study.toml --dry-run
    """
    write_example(path)
    say(f"written: {path}; next: evalkit run {path} --dry-run")
