"""`evalkit experiment`."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import click

from evalkit.errors import RunInterruptedError, UsageError
from evalkit.runs.folder import DEFAULT_FOLDER


@click.group("experiment", short_help="Run a published experiment.")
def command() -> None:
    """Run a published experiment with your own models."""


@command.command("open-rubric")
@click.option("--model", "models", multiple=True, metavar="M", help="A model. Repeatable.")
@click.option("--judge", metavar="J", help="A model, or several, for what the task's rules cannot tell.")
@click.option("--task", default="simpleqa", show_default=True, metavar="T", help="What is asked.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N questions.")
@click.option("--data", metavar="PATH", help="Local files of the task.")
@click.option("--seed", type=int, default=0, show_default=True, metavar="S", help="Of the order, and of the models.")
@click.option("--max-tokens", type=click.IntRange(1), default=512, show_default=True, metavar="N")
@click.option("--base-url", metavar="URL", help="An OpenAI-compatible server for the models.")
@click.option(
    "--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Where its folder is made."
)
@click.option("--resume", type=click.Path(path_type=Path), metavar="DIR", help="Go on with one that was cut short.")
@click.option("--figure", type=click.Path(path_type=Path), metavar="FILE", help="Draw it: .png, .svg or .html.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def open_rubric(
    models: tuple[str, ...],
    *,
    judge: str | None,
    task: str,
    limit: int | None,
    data: str | None,
    seed: int,
    max_tokens: int,
    base_url: str | None,
    out: str,
    resume: Path | None,
    figure: Path | None,
    as_json: bool,
) -> None:
    """Does stating what a mistake costs change what models do, and would asking twice do as well?

    Mistakes cost 0, 1, 3 or 9 points. Closed rubric: the question alone, scored at each cost. Open rubric: the cost
    stated, once for each. Both also with answers that a second asking contradicts counted as IDK. After Kalai,
    Nachum, Vempala and Zhang, Nature 653:1047 (2026).

    \b
    evalkit experiment open-rubric --model openai/gpt-4o --model openai/gpt-4o-mini --judge openai/gpt-4o
    """
    from evalkit.cli.progress import Display
    from evalkit.experiments.open_rubric import Plan
    from evalkit.experiments.open_rubric import open_rubric as run
    from evalkit.report import open_rubric

    if resume and models:
        raise UsageError("--resume takes its models from the experiment; leave out --model")
    local = str(Path(data).resolve()) if data else None
    plan = None if resume else Plan(list(models), task, judge, limit, local, seed, max_tokens, base_url)
    try:
        with Display() as display:
            found = run(plan, Path(out), resume, display.notify, display.watch)
    except RunInterruptedError as error:
        started = resume or max(Path(out).glob("*-open-rubric*"), default=Path(out))
        error.args = (f"{error}; go on with: evalkit experiment open-rubric --resume {started}",)
        raise
    if figure:
        from evalkit.report import figures

        figures.save(open_rubric.figure(found), figure)
        click.echo(f"written: {figure}", err=True)
    if as_json:
        document = {
            "folder": str(found.folder), "plan": dataclasses.asdict(found.plan), "failed": found.failed,
            "cells": [dataclasses.asdict(cell) for cell in found.cells],
            "effects": [dataclasses.asdict(effect) for effect in found.effects],
        }  # fmt: skip
        click.echo(json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False))
        return
    open_rubric.print_experiment(found)
