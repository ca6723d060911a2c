"""`evalkit repair`."""

from __future__ import annotations

import click

from evalkit.cli.completion import complete_runs
from evalkit.cli.options import command as new_command
from evalkit.cli.printing import say
from evalkit.runs.folder import DEFAULT_FOLDER, find_run


@new_command("repair", short_help="Take damaged lines out of a run's records.")
@click.argument("run", metavar="RUN", shell_complete=complete_runs)
@click.option("--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Where runs are looked for.")
def command(run: str, *, out: str) -> None:
    """Move the lines that cannot be read out of a run's records and failures, and keep them beside it.

    \b
    evalkit repair 20261121-2104-letters
    """
    from evalkit.runs.journal import repair

    folder = find_run(run, out)
    repaired = repair(folder)
    if not repaired.damaged:
        say(f"{repaired.kept:,} lines, none damaged")
        return
    say(
        f"{repaired.kept:,} lines kept; {repaired.damaged:,} damaged ones moved to {folder}/*.damaged. To ask again"
        f" what is missing: evalkit run --resume {folder}"
    )
