"""`evalkit runs`."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.options import Group
from evalkit.cli.printing import say
from evalkit.errors import UsageError
from evalkit.runs.folder import DEFAULT_FOLDER, runs_below
from evalkit.studies import upkeep

out_option = click.option(
    "--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Where runs are looked for by name."
)


@click.group("runs", cls=Group, short_help="Rename, delete or tag runs.")
def command() -> None:
    """Rename, delete or tag runs and studies; `evalkit list runs` lists them."""


@command.command("rename")
@click.argument("run")
@click.argument("name")
@out_option
def rename(run: str, name: str, *, out: str) -> None:
    """Give a run or a study another name: its folder, its records, and the runs that judged its answers again.

    \b
    evalkit runs rename 20261126-0900-simpleqa baseline
    """
    say(f"renamed: {upkeep.rename(upkeep.find_run_or_study(run, out), name)}")


@command.command("delete")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@out_option
@click.option("--yes", is_flag=True, help="Do not ask first.")
def delete(runs: tuple[str, ...], *, out: str, yes: bool) -> None:
    """Delete runs, or studies with all their runs. It asks first, and deletes no folder that holds anything else.

    The response cache keeps the completions.

    \b
    evalkit runs delete 20261126-0900-simpleqa
    """
    folders = [upkeep.find_run_or_study(run, out) for run in dict.fromkeys(runs)]
    for folder in folders:
        upkeep.check_deletable(folder)
    for folder in folders:
        if not yes and not _confirmed(folder):
            say(f"kept: {folder}")
            continue
        upkeep.delete(folder)
        say(f"deleted: {folder}")


@command.command("tag")
@click.argument("run")
@click.argument("tags", nargs=-1, required=True, metavar="TAG...")
@out_option
@click.option("--remove", is_flag=True, help="Remove these tags.")
def tag(run: str, tags: tuple[str, ...], *, out: str, remove: bool) -> None:
    """Tag a run, or all runs of a study; `evalkit list runs --tag TAG` finds them.

    \b
    evalkit runs tag 20261126-0900-simpleqa final paper
    """
    folder = upkeep.find_run_or_study(run, out)
    now = upkeep.tag(folder, tags, remove=remove)
    say(f"{folder}: {', '.join(now) or 'no tags'}")


def _confirmed(folder: Path) -> bool:
    from evalkit.display import visible

    runs = runs_below(folder)
    what = f"{folder} ({len(runs)} runs)" if len(runs) > 1 else f"{folder}"
    heirs = ", ".join(child.name for child in upkeep.children(folder))
    note = f"; {heirs} judged its answers again and could not be resumed any more" if heirs else ""
    try:
        return click.confirm(visible(f"Delete {what}{note}?"), err=True)
    except click.Abort:
        raise UsageError(f"{folder} is not deleted: nobody answered; --yes deletes without asking") from None
