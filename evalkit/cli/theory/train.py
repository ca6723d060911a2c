"""`evalkit theory train`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from evalkit.cli.options import Share, command
from evalkit.cli.printing import print_result

FOLDER = Path("runs/toy")
"""Where models go by default."""


@command("train")
@click.option(
    "--preset", "preset_name", type=click.Choice(["tiny", "small"]), default="tiny", show_default=True,
    help="Text and network: tiny takes about 20 s of CPU time, small has three times the text and a wider network.",
)  # fmt: skip
@click.option(
    "--out", "folder", type=click.Path(path_type=Path, file_okay=False), default=FOLDER, show_default=True,
    metavar="DIR", help="Write the model here, as pretrained.npz; the same command resumes.",
)  # fmt: skip
@click.option("--n", type=click.IntRange(10, 10**6), metavar="N", help="Sentences of the text.")
@click.option(
    "--people", type=click.IntRange(2, 10**6), metavar="N",
    help="People who may be written about. Default: twice the sentences.",
)  # fmt: skip
@click.option("--alpha", type=Share(0, 1), help="How often a sentence gives the date.  [default: 0.8]")
@click.option("--noise", type=Share(0, 0.99), help="Share of false dates in the text.  [default: 0]")
@click.option("--deduplicate", is_flag=True, help="Read each sentence once, however often the text holds it.")
@click.option("--width", type=click.IntRange(4, 1024), metavar="D", help="Size of a token's vector, a multiple of 4.")
@click.option("--layers", type=click.IntRange(1, 24), metavar="L", help="Transformer blocks.  [default: 2]")
@click.option("--epochs", type=click.IntRange(1, 1000), metavar="E", help="How often the text is read.")
@click.option("--shift", is_flag=True, help="Ask in words that the text does not hold.")
@click.option(
    "--questions", type=click.IntRange(1, 10**6), default=2000, show_default=True, metavar="N",
    help="Questions asked of the model.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, metavar="S", help="Draws text, network, questions."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def train(
    *, preset_name: str, folder: Path, shift: bool, questions: int, as_json: bool, deduplicate: bool, **given: Any
) -> None:
    """Train a small transformer on the text of `theory facts`, and apply Theorem 1 to its exact probabilities.

    Settings not given are the preset's. The model is then asked like any other, as `toy/CHECKPOINT`.

    \b
    evalkit theory train --preset tiny
    evalkit theory train --n 10000 --noise 0.05 --out runs/noisy
    evalkit run --task facts -T world=runs/toy/pretrained --temperature 1 --model toy/runs/toy/pretrained
    """
    from evalkit.cli.progress import Display
    from evalkit.errors import UsageError
    from evalkit.theory.learning import settings
    from evalkit.theory.learning import train as train_model

    try:
        chosen = settings.preset(preset_name, deduplicate=deduplicate or None, **given)
    except ValueError as error:
        raise UsageError(str(error)) from error
    with Display() as display:
        study = train_model(chosen, folder=folder, questions=questions, shift=shift, notify=display.notify)
    print_result(study, as_json)
