"""`evalkit gate`."""

from __future__ import annotations

import click

from evalkit.cli.completion import complete_runs
from evalkit.cli.options import command as new_command
from evalkit.runs.folder import DEFAULT_FOLDER

EXIT_CODES = {"GO": 0, "NO-GO": 10, "INCONCLUSIVE": 11}


@new_command("gate", short_help="May a candidate replace a baseline?")
@click.argument("baseline", shell_complete=complete_runs)
@click.argument("candidate", shell_complete=complete_runs)
@click.option("--at", type=click.FloatRange(0, 1, max_open=True), required=True, metavar="T", help="Confidence target.")
@click.option(
    "--margin", type=click.FloatRange(0), required=True, metavar="S", help="Points of S by which it may be worse."
)
@click.option(
    "--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Where runs are looked for by name."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def command(
    ctx: click.Context, /, *, baseline: str, candidate: str, at: float, margin: float, out: str, as_json: bool
) -> None:
    """Decide whether a candidate is at most a margin worse than a baseline, on the questions that both answered.

    Exit code 0: GO; 10: NO-GO; 11: INCONCLUSIVE, with the number of questions that would decide.

    \b
    evalkit gate 20261121-released 20261126-candidate --at 0.75 --margin 0.1
    """
    from evalkit.cli.printing import print_result
    from evalkit.report.gate import gate

    made = gate(baseline, candidate, at=at, margin=margin, out=out)
    print_result(made, as_json)
    ctx.exit(EXIT_CODES[made.decision])
