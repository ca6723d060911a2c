"""`evalkit retry`."""

from __future__ import annotations

from typing import Any

import click

from evalkit.cli.options import KeyValue, as_dict, money_options, options_named
from evalkit.cli.options import command as new_command
from evalkit.runs.folder import DEFAULT_FOLDER


@new_command("retry", short_help="Ask a run's failed answers again, and nothing else.")
@click.argument("run")
@click.option("--base-url", metavar="URL", help="Another address of the model.")
@click.option("--max-connections", type=int, metavar="N", help="Most requests under way at once.")
@click.option("--timeout", type=float, metavar="S", help="Seconds one answer may take.")
@click.option(
    "-G", "grader_parameters", type=KeyValue(), multiple=True, help="How a judge is reached: judge.base_url=URL."
)
@money_options
@click.option("--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Where runs are looked for.")
@click.option("--trust", is_flag=True, help="Use the code and address that the run names.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    run: str,
    out: str,
    as_json: bool,
    grader_parameters: tuple[tuple[str, str], ...],
    **given: Any,
) -> None:
    """Ask the failed answers of a run, or of a study's runs, again: no completion, or no verdict.

    Refusals, IDK and answers cut off at the token limit are answers, and stay: asking only those again would bias the
    score. What an interrupted run has not asked yet stays for `evalkit run --resume`.

    \b
    evalkit retry 20261126-0900-simpleqa --max-connections 4
    """
    from evalkit.cli.printing import print_document, print_result, say
    from evalkit.cli.progress import Display, resumable
    from evalkit.report.run import LastScreen, document
    from evalkit.runs.folder import runs_below
    from evalkit.runs.result import read_result
    from evalkit.runs.retry import retry
    from evalkit.studies.upkeep import find_run_or_study

    settings = {key: value for key, value in given.items() if value is not None}
    if grader_parameters:
        settings["grader_parameters"] = as_dict(grader_parameters)
    results = []
    for folder in runs_below(find_run_or_study(run, out)):
        before = read_result(folder).failed
        if not before:
            say(f"{folder}: nothing failed", err=True)
            continue
        say(f"{folder}: asking {before:,} again", err=True)
        with resumable(), Display() as display, options_named():
            result = retry(folder, watch=display.watch, notify=display.notify, **settings)
        results.append(result)
        if not as_json:
            print_result(LastScreen(result=result), as_json=False)
    if as_json:
        print_document({"runs": [document(result) for result in results]})
    if failed := sum(result.failed for result in results):
        say(f"{failed:,} failed again, counted in no score", err=True)
        ctx.exit(3)
