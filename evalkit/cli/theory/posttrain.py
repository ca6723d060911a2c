"""`evalkit theory posttrain`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from evalkit.cli.options import Share, command
from evalkit.cli.printing import output_options, print_result
from evalkit.cli.theory.train import FOLDER

HIGHEST = 0.999
"""Highest confidence target."""


@command("posttrain")
@click.option(
    "--reward", type=click.Choice(["binary", "threshold", "fixed"]), required=True,
    help="1 point or 0; a charge of t/(1−t) for mistakes at a stated t; the same at one t that is never stated.",
)  # fmt: skip
@click.option("--target", type=Share(0, HIGHEST), metavar="T", help="The t of --reward fixed.")
@click.option(
    "--out", "folder", type=click.Path(path_type=Path, file_okay=False), default=FOLDER, show_default=True,
    metavar="DIR", help="Folder of theory train; the new model goes there, and the same command resumes.",
)  # fmt: skip
@click.option("--steps", type=click.IntRange(1, 10**5), default=300, show_default=True, metavar="N", help="Updates.")
@click.option(
    "--questions", type=click.IntRange(1, 10**6), default=2000, show_default=True, metavar="N",
    help="Questions asked of each model, about people whom post-training leaves out.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, metavar="S", help="Draws questions and answers."
)
@output_options
def posttrain(
    *, reward: Literal["binary", "threshold", "fixed"], target: float | None, folder: Path, steps: int, questions: int,
    seed: int, plot: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Reward a trained model's answers by policy gradient, and see whether it bluffs or abstains.

    Half of the people are asked about; all models of the folder are then measured on the other half. The figure shows
    their answers, their reliability, and their score over the stated target.

    \b
    evalkit theory posttrain --reward binary
    evalkit theory posttrain --reward threshold
    evalkit theory posttrain --reward fixed --target 0.75
    """
    from evalkit.cli.progress import Display
    from evalkit.errors import UsageError
    from evalkit.theory.learning import PosttrainSettings
    from evalkit.theory.learning import posttrain as posttrain_model

    if (reward == "fixed") != (target is not None):
        raise UsageError("--target goes with --reward fixed, and only with it")
    settings = PosttrainSettings(reward=reward, target=target, steps=steps, seed=seed)
    with Display() as display:
        study = posttrain_model(settings, folder=folder, questions=questions, notify=display.notify)
    print_result(study, as_json, plot)
