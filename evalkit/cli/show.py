"""`evalkit show`."""

from __future__ import annotations

import click

from evalkit.cli.completion import complete_runs
from evalkit.cli.options import command as new_command
from evalkit.cli.options import names_option, threshold_option
from evalkit.errors import InputError
from evalkit.records import Failure, Outcome, Record
from evalkit.runs import journal
from evalkit.runs.folder import DEFAULT_FOLDER, find_run, newest_run
from evalkit.runs.result import read_result


@new_command("show", short_help="Show a run's summary, or the transcript of one sample.")
@click.argument("run", required=False, metavar="[RUN]", shell_complete=complete_runs)
@click.argument("sample_id", required=False, metavar="[ID]")
@click.option(
    "--out",
    default=DEFAULT_FOLDER,
    show_default=True,
    metavar="DIR",
    help="Where runs are looked for by name.",
)
@click.option("--records", "listed", is_flag=True, help="List the records and failures, a line each.")
@click.option("--full", is_flag=True, help="Whole transcripts of the records.")
@click.option("--outcome", type=click.Choice([o.value for o in Outcome]), help="Only records with this outcome.")
@names_option("--task", "tasks", metavar="T,…", help="Only records of these tasks.")
@threshold_option(help="Only records whose prompt stated these targets; none: no target.")
@click.option("--strata", is_flag=True, help="Show counts by stratum too.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON document.")
def command(
    run: str | None, sample_id: str | None, *, out: str, listed: bool, full: bool, outcome: str | None,
    tasks: list[str], thresholds: list[float | None], strata: bool, as_json: bool,
) -> None:  # fmt: skip
    """Show a run's summary, or every transcript of one sample: prompt as sent, answer, grade and why.

    \b
    evalkit show                                     the newest run
    evalkit show 20261121-2104-letters
    evalkit show 20261121-2104-letters DEEPSEEK-D
    evalkit show 20261121-2104-letters --records --outcome idk
    """
    from evalkit.cli.printing import print_result
    from evalkit.report import show as transcripts
    from evalkit.report.run import LastScreen

    folder = find_run(run, out) if run else newest_run(out)

    def wanted(answer: Record | Failure) -> bool:
        return (
            (outcome is None or _outcome(answer) == outcome)
            and (not tasks or answer.task in tasks)
            and (not thresholds or answer.prompt_threshold in thresholds)
            and (sample_id is None or answer.sample_id == sample_id)
        )

    filtered = full or outcome is not None or bool(tasks or thresholds)
    if sample_id is None and not listed and not filtered:
        print_result(LastScreen(result=read_result(folder), strata=strata), as_json)
        return
    shown = False
    for record in journal.read_records(folder):
        if wanted(record):
            shown = True
            if sample_id is not None or full:
                transcripts.print_transcript(record)
            else:
                click.echo(transcripts.record_line(record))
    for failure in journal.read_failures(folder):
        if wanted(failure):
            shown = True
            click.echo(transcripts.failure_line(failure))
    if not shown:
        what = f"sample {sample_id!r}" if sample_id is not None else "such record"
        raise InputError(f"{folder} holds no {what}; list what it holds: evalkit show {folder} --records")


def _outcome(answer: Record | Failure) -> Outcome:
    return Outcome.MISSING if isinstance(answer, Failure) or answer.grade.undecided else answer.grade.outcome
