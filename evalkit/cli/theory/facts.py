"""`evalkit theory facts`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.cli.theory.printing import Row, Share, draw, output_options, print_document, print_rows

if TYPE_CHECKING:
    from evalkit.theory.birthday_corpus import Trained

SMALLEST = 30
"""Sentences, in the figure, which goes up to N by steps of √10."""


@click.command("facts")
@click.option(
    "--n",
    "n",
    type=click.IntRange(10, 10**6),
    default=10_000,
    show_default=True,
    metavar="N",
    help="Training sentences.",
)
@click.option("--people", type=click.IntRange(2, 10**6), metavar="N", help="Default: twice the sentences.")
@click.option("--alpha", type=Share(0, 1), default=0.8, show_default=True, help="How often a sentence gives the date.")
@click.option("--noise", type=Share(0, 0.99), default=0.0, show_default=True, help="Share of false dates in the text.")
@click.option("--shift", is_flag=True, help="Ask in words that the text does not hold.")
@click.option("--questions", type=click.IntRange(1, 10**6), default=2000, show_default=True, metavar="N")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, metavar="S")
@output_options
def facts(
    *, n: int, people: int | None, alpha: float, noise: float, shift: bool, questions: int, seed: int,
    plot: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Birthdays that follow from nothing: write a text about people, train a language model on it, and ask it.

    The figure shows the singleton rate and the errors over N, and whom the errors are about.

    \b
    evalkit theory facts --n 10000
    evalkit theory facts --n 10000 --noise 0.05 --shift
    """
    from evalkit.theory import birthday_corpus as text
    from evalkit.theory import bounds

    def studied(size: int) -> Trained:
        return text.study(size, people, alpha, noise, shift, questions, seed)

    found = studied(n)
    measured = found.measured
    upper = bounds.facts_upper(measured.singleton_rate, n, text.DATES - 1)
    lower = bounds.facts_lower(measured.singleton_rate, n, text.DATES - 1)
    if plot:
        from evalkit.report import theory

        smaller = [studied(size) for size in _sizes(n)]
        told = f"IDK {1 - alpha:.0%} of the text, noise {noise:.0%}, {'another' if shift else 'the same'} phrasing"
        settings = f"{told}; {f'{people:,}' if people else 'twice N'} people, {questions:,} questions, seed {seed}"
        draw(plot, theory.facts_figure([*smaller, found], settings))
    if as_json:
        head = {"seed": seed, "alpha": alpha, "noise": noise, "shift": shift, "upper": upper, "lower": lower}
        print_document({**head, **dataclasses.asdict(found)})
        return
    print_rows(_rows(found, upper, lower, questions), _sentence(found, noise, shift))


def _sentence(found: Trained, noise: float, shift: bool) -> str:
    n, sr, missing = found.measured.n, found.measured.singleton_rate, found.measured.missing_mass
    gap = abs(missing - sr)
    said = (
        "Who was read about once stands for who was not read about at all: singleton rate and missing mass differ by"
        f" {gap:.3f}, {'below' if gap <= 3 / n**0.5 else 'above'} 3/√N = {3 / n**0.5:.3f}. About that share a model"
        f" makes up that says IDK no more often than its text; this one errs on {found.error:.3f}."
    )
    if noise:
        said += " Theorem 2 is about texts without errors, which this is not."
    if shift:
        said += " Theorem 2 is about questions put as in the text, which these are not."
    return said


def _rows(found: Trained, upper: float, lower: float, questions: int) -> list[Row]:
    from evalkit.theory.birthday_corpus import ORDER

    measured = found.measured
    rows: list[Row] = [
        ("singleton rate", measured.singleton_rate, "people whose date is given exactly once, over all sentences"),
        ("missing mass", measured.missing_mass, "questions with an answer, about people never read a date of"),
        ("calibrated error", measured.error, "of the model that memorises and guesses as often as people answer"),
        ("its upper bound", upper, "Theorem 2"),
        ("lower bound", lower, "Theorem 2, for any calibrated model; loose below N = 10⁶"),
        ("language model's error", found.error, f"of a {ORDER}-gram model trained on it, over {questions:,} questions"),
        ("its IDK", found.idk, ""),
    ]  # fmt: skip
    for group in found.groups:
        meaning = (
            f"error on {group.share:.1%} of the questions ({group.people:,} people); right {group.right:.0%}, IDK"
            f" {group.idk:.0%}"
        )
        rows.append((f"  date read {group.seen}×", group.error, meaning))
    return rows


def _sizes(n: int) -> list[int]:
    """Sizes below n, from large steps to small."""
    sizes = [round(n / 10 ** (k / 2)) for k in range(1, 20)]
    return sorted(size for size in sizes if size >= SMALLEST)
