"""`evalkit theory iiv`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli.options import KeyValue, as_dict, command, name_option, names_option
from evalkit.cli.printing import output_options, print_result
from evalkit.errors import RunInterruptedError, UsageError

if TYPE_CHECKING:
    from evalkit.display import Printable

FORMS, OUTSIDE = ("chat", "plain"), ("drop", "error")
"""As in `evalkit.logprobs`, which is imported where it is used: it takes half a second."""
DEFAULT_MODEL = "local/smollm2-135m"


@command("iiv")
@names_option(
    "--model", "models", metavar="M,…",
    help=f"Models served by llama.cpp; several stand side by side.  [default: {DEFAULT_MODEL}]",
)  # fmt: skip
@name_option(
    "--task", one="one task at a time", default="letters", show_default="letters", metavar="T",
    help="A task whose answers are finite.",
)  # fmt: skip
@click.option("-T", "parameters", type=KeyValue(), multiple=True, help="A parameter of the task.")
@click.option("--data", metavar="PATH", help="Local files of the task.")
@click.option("--limit", type=click.IntRange(1), default=30, show_default=True, metavar="N", help="Questions.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, metavar="S", help="Of the questions' order."
)
@click.option(
    "--form", type=click.Choice(FORMS), default="chat", show_default=True,
    help="The model's chat template, or plain text: Question: … Answer: …",
)  # fmt: skip
@click.option(
    "--shots", type=click.IntRange(0), default=0, show_default=True, metavar="K",
    help="Worked examples before each question.",
)  # fmt: skip
@click.option(
    "--outside", type=click.Choice(OUTSIDE), default="drop", show_default=True,
    help="Leave out probability outside the possible answers, or count it as error.",
)  # fmt: skip
@click.option("--ask", is_flag=True, help='Ask chat models "is this a valid answer?" instead.')
@click.option("--base-url", metavar="URL", help="A server to use instead of an embedded one.")
@click.option(
    "--keep", type=click.Path(path_type=Path), metavar="DIR", help="Keep what is measured here, and resume from it."
)
@output_options
def iiv(
    *, models: list[str], parameters: tuple[tuple[str, str], ...], ask: bool, plot: Path | None, as_json: bool,
    **given: Any,
) -> None:  # fmt: skip
    """Compute a real model's probability of every possible answer exactly, and apply Theorem 1 to it.

    With `--ask` a chat model is asked whether proposed answers are valid, half of them right and half wrong, and how
    often it is wrong about that stands beside how often it answers wrongly. Any model, any task with answers.

    \b
    evalkit theory iiv --task letters --limit 30
    evalkit theory iiv --task birthdays --limit 2
    evalkit theory iiv --model local/base.gguf,local/chat.gguf --form plain --shots 4 --plot both.png
    evalkit theory iiv --ask --model openai/gpt-4o --limit 100
    """
    models = models or [DEFAULT_MODEL]
    given["parameters"] = as_dict(parameters)
    if ask and (plot or given["shots"] or given["form"] != "chat" or given["outside"] != "drop"):
        raise UsageError("--ask takes no --plot, --form, --shots or --outside: it reads no probabilities")
    try:
        result = _ask(models, given) if ask else _measure(models, given)
    except RunInterruptedError as error:
        if not ask and given["keep"] is None:
            error.args = (f"{error}: --keep DIR",)
        raise
    print_result(result, as_json, plot)


def _ask(models: list[str], given: dict[str, Any]) -> Printable:
    from evalkit.cli.progress import Display
    from evalkit.report.iiv import ask_is_it_valid

    settings = {key: value for key, value in given.items() if key not in ("shots", "form", "outside")}
    with Display() as display:
        return ask_is_it_valid(models, **settings, watch=display.watch, notify=display.notify)


def _measure(models: list[str], given: dict[str, Any]) -> Printable:
    from evalkit.cli.progress import Display
    from evalkit.report.iiv import is_it_valid

    with Display() as display:
        return is_it_valid(models, **given, notify=display.notify)
