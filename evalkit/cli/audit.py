"""`evalkit audit`."""

from __future__ import annotations

import click

from evalkit.cli.completion import complete_tasks
from evalkit.cli.options import KeyValue, as_dict, names_option
from evalkit.cli.options import command as new_command
from evalkit.errors import UsageError


@new_command("audit", short_help="What each task's scoring pays for \"I don't know\".")
@names_option("--task", "tasks", shell_complete=complete_tasks, help="Only these tasks.  [default: all]")
@click.option(
    "--threshold", default=0.75, show_default=True, metavar="T", help="The confidence target to compare with."
)
@click.option("--data", metavar="PATH", help="Local files of benchmarks. [env: EVALKIT_DATA]")
@click.option("--judge", metavar="M", help="A model that judges; it is tried with attacks too.")
@click.option("-G", "grader_parameters", type=KeyValue(), multiple=True, help="A setting: judge.max_tokens=8000.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    tasks: list[str], *, threshold: float, data: str | None, judge: str | None,
    grader_parameters: tuple[tuple[str, str], ...], as_json: bool,
) -> None:  # fmt: skip
    """Feed each task's own scoring a right answer, a wrong one, a blank and "I don't know".

    A task that cannot be scored here, since an extra is missing, is named below the table.

    \b
    evalkit audit
    evalkit audit --task simpleqa,letters --judge openai/gpt-4o
    """
    from evalkit.cli.printing import print_result
    from evalkit.report.audit import audit

    try:
        result = audit(
            tasks or None, threshold=threshold, data=data, judge=judge, grader_parameters=as_dict(grader_parameters)
        )
    except ValueError as error:
        raise UsageError(f"--threshold: {error}") from error
    print_result(result, as_json)
