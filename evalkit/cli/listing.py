"""`evalkit list`."""

from __future__ import annotations

import click

from evalkit import plugins


@click.command("list", short_help="List tasks, graders, readers or models.")
@click.argument("what", type=click.Choice(["tasks", "graders", "readers", "models"]))
def command(what: str) -> None:
    """List what is installed, a line each: tasks, graders, readers or models."""
    group: plugins.Group = "providers" if what == "models" else what  # type: ignore[assignment] # click.Choice narrowed it
    names = plugins.names(group)
    if not names:
        click.echo(f"no {what} are installed", err=True)
    width = max((len(name) for name in names), default=0) + (2 if what == "models" else 0)
    for name in names:
        shown = f"{name}/…" if what == "models" else name
        click.echo(f"{shown:<{width}}  {plugins.describe(group, name)}")
