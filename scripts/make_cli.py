"""Write docs/cli.md from the commands' own help; a test compares the file with what this makes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from evalkit.cli import cli

TARGET = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
COMPLETION = """To complete commands, tasks, models and runs, put one of these lines into the file of your shell:

```sh
eval "$(_EVALKIT_COMPLETE=bash_source evalkit)"     # ~/.bashrc
eval "$(_EVALKIT_COMPLETE=zsh_source evalkit)"      # ~/.zshrc
_EVALKIT_COMPLETE=fish_source evalkit | source      # ~/.config/fish/completions/evalkit.fish
```
"""
SETTINGS = {"max_content_width": 100, "terminal_width": 100, "help_option_names": ["-h", "--help"]}


def reference() -> str:
    """Return the whole reference as Markdown: a section for each command, groups before their subcommands."""
    parts = ["# Command line", "", "Made by `make docs` from the commands' own help; do not edit.", "", COMPLETION]
    for name, command in walk("evalkit", cli):
        context = click.Context(command, info_name=name, **SETTINGS)  # type: ignore[arg-type]  # each of its own type
        parts += [f"## {name}", "", "```", command.get_help(context), "```", ""]
    return "\n".join(parts)


def walk(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """Yield a command and everything below it, each with its full name.

    Args:
        name: what is typed to call the command, such as "evalkit theory".
        command: any; groups are descended into.
    """
    yield name, command
    if not isinstance(command, click.Group):
        return
    context = click.Context(command, info_name=name)
    for child in command.list_commands(context):
        subcommand = command.get_command(context, child)
        if subcommand is not None:
            yield from walk(f"{name} {child}", subcommand)


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
