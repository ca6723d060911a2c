"""Writes docs/cli.md from the commands themselves; a test holds the file to what this makes."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli import COMMANDS, cli

TARGET = Path(__file__).with_name("cli.md")


def reference() -> str:
    """The whole reference as Markdown."""
    parts = ["# Command line", "", "Made by `make docs` from the commands' own help; do not edit.", ""]
    for name in ("", *COMMANDS):
        command = cli.get_command(click.Context(cli), name) if name else cli
        assert command is not None
        title = f"evalkit {name}".strip()
        settings = {"max_content_width": 100, "terminal_width": 100, "help_option_names": ["-h", "--help"]}
        context = click.Context(command, info_name=title, **settings)  # type: ignore[arg-type]  # each of its own type
        parts += [f"## {title}", "", "```", command.get_help(context), "```", ""]
    return "\n".join(parts)


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
