"""`evalkit experiment`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from evalkit.cli.options import Group, KeyValue, as_dict, name_option, names_option
from evalkit.cli.printing import FigurePath
from evalkit.runs.folder import DEFAULT_FOLDER


@click.group("experiment", cls=Group, short_help="Run a published experiment.")
def command() -> None:
    """Run a published experiment with your own models."""


@command.command("open-rubric")
@names_option("--model", "models", metavar="M,…", help="One model or several.")
@click.option("--judge", metavar="J", help="A model, or several, for answers that the task's rules cannot decide.")
@click.option("-G", "grader_parameters", type=KeyValue(), multiple=True, help="A setting: judge.max_tokens=8000.")
@name_option(
    "--task",
    one="one task an experiment",
    default="simpleqa",
    show_default="simpleqa",
    metavar="T",
    help="What is asked.",
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N questions.")
@click.option("--data", metavar="PATH", help="Local files of the task.")
@click.option("--seed", type=int, default=0, show_default=True, metavar="S", help="Of the order, and of the models.")
@click.option(
    "--max-tokens", type=click.IntRange(1), default=512, show_default=True, metavar="N", help="Longest answer."
)
@click.option("--base-url", metavar="URL", help="An OpenAI-compatible server for the models.")
@click.option(
    "--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Where the experiment's folder is made."
)
@click.option("--resume", type=click.Path(path_type=Path), metavar="DIR", help="Resume an interrupted experiment.")
@click.option("--figure", type=FigurePath(), metavar="FILE", help="Draw it: .png, .svg or .html.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def open_rubric(
    models: list[str], *, grader_parameters: tuple[tuple[str, str], ...], figure: Path | None, as_json: bool,
    **given: Any,
) -> None:  # fmt: skip
    """Does stating what a mistake costs change what models do, and would asking twice do as well?

    Mistakes cost 0, 1, 3 or 9 points. Closed rubric: the question alone, scored at each cost. Open rubric: the cost
    stated in the prompt, each cost asked separately. Both also with every question asked twice, an answer that the
    second asking contradicts counting as IDK. After Kalai, Nachum, Vempala and Zhang, Nature 653:1047 (2026).

    \b
    evalkit experiment open-rubric --model openai/gpt-4o,openai/gpt-4o-mini --judge openai/gpt-4o
    """
    from evalkit.cli.printing import print_result
    from evalkit.cli.progress import Display, resumable
    from evalkit.report.open_rubric import open_rubric as run

    settings = as_dict(grader_parameters)
    with resumable("experiment open-rubric"), Display() as display:
        result = run(models, **given, grader_parameters=settings, notify=display.notify, watch=display.watch)
    print_result(result, as_json, figure)
