"""`evalkit audit`."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from evalkit.errors import UsageError

if TYPE_CHECKING:
    from evalkit.experiments.scoring_audit import Attacked, Audit


@click.command("audit", short_help="What each task's scoring pays for \"I don't know\".")
@click.option("--task", "tasks", multiple=True, metavar="T", help="Only this task. Repeatable.  [default: all]")
@click.option("--threshold", default=0.75, show_default=True, metavar="T", help="The target to compare with.")
@click.option("--data", metavar="PATH", help="Local files of benchmarks. [env: EVALKIT_DATA]")
@click.option("--judge", metavar="M", help="A model that judges, tried with attacks too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(tasks: tuple[str, ...], *, threshold: float, data: str | None, judge: str | None, as_json: bool) -> None:
    """Feed each task's own scoring a right answer, a wrong one, a blank and "I don't know".

    \b
    evalkit audit
    evalkit audit --task simpleqa --judge openai/gpt-4o
    """
    from evalkit import plugins
    from evalkit.metrics.threshold import check_threshold

    try:
        check_threshold(threshold)
    except ValueError as error:
        raise UsageError(f"--threshold: {error}") from error
    found, attacked = asyncio.run(_measured(tasks or tuple(plugins.names("tasks")), data, judge))
    if as_json:
        document = {
            "threshold": threshold,
            "tasks": [{**dataclasses.asdict(one), "binary": one.binary} for one in found],
            "attacks": dataclasses.asdict(attacked) if attacked else None,
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False))
        return
    from evalkit.report.audit import print_audit

    print_audit(found, attacked, threshold, judge or "")


async def _measured(tasks: Sequence[str], data: str | None, judge: str | None) -> tuple[list[Audit], Attacked | None]:
    from evalkit.experiments.scoring_audit import attack, audit_task
    from evalkit.models import pool

    try:
        found = [await audit_task(name, data, judge) for name in tasks]
        return found, await attack(judge) if judge else None
    finally:
        await pool.close()
