"""`evalkit theory bounds`."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from evalkit.cli.theory.printing import draw, output_options, print_document, print_rows

WORLDS = 100
"""Of each kind of model, in the figure."""


@click.command("bounds")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, metavar="S", help="Of the world.")
@click.option("--prompts", type=click.IntRange(1, 10_000), default=20, show_default=True, metavar="N")
@click.option(
    "--responses", type=click.IntRange(2, 10_000), default=50, show_default=True, metavar="N", help="At most, a prompt."
)
@click.option(
    "--model",
    type=click.Choice(["dirichlet", "sharp", "uniform", "truth", "wrong"]),
    default="dirichlet",
    show_default=True,
)
@output_options
def bounds(*, seed: int, prompts: int, responses: int, model: str, plot: Path | None, as_json: bool) -> None:
    """Draw a world; its error, the is-it-valid error of the same model, and Theorem 1 between them.

    Every prompt has one or two valid responses among at least half of `--responses`. The figure shows the error of a
    hundred worlds of each kind of model against the bound.

    \b
    evalkit theory bounds --model sharp
    """
    import numpy as np

    from evalkit.theory import is_it_valid
    from evalkit.theory.worlds import KINDS, World, random_world

    def drawn(random: np.random.Generator, kind: str) -> World:
        return random_world(random, prompts, responses, kind, least=max(2, responses // 2), valids=2)

    world = drawn(np.random.default_rng(seed), model)
    one, each = is_it_valid.reduction(world), is_it_valid.reduction(world, per_prompt=True)
    opt, t = is_it_valid.best_threshold(world)
    holds = max(one.bound, one.bound_signed)
    if plot:
        from evalkit.report import theory

        random = np.random.default_rng(seed)
        many = [(kind, is_it_valid.reduction(drawn(random, kind))) for kind in KINDS for _ in range(WORLDS)]
        draw(plot, theory.bounds_figure(many))
    if as_json:
        document = {"seed": seed, "reduction": dataclasses.asdict(one), "per_prompt": dataclasses.asdict(each)}
        print_document(document | {"opt": opt, "opt_at": t})
        return
    print_rows(
        [
            ("err", one.error, "how often the model states an error"),
            ("err_iiv", one.error_iiv, 'how often it is wrong as a judge of "is it valid?"'),
            ("δ₊", one.delta_signed, "overconfident mass above the threshold; the paper's δ is its size"),
            ("max|V|/min|E|", one.size_term, "the term of the worlds' sizes"),
            ("bound", one.bound, "Theorem 1: 2·err_iiv − max|V|/min|E| − δ ≤ err"),
            ("slack", one.slack, "how far the error is above it; never below 0"),
            ("bound, signed δ", one.bound_signed, "as true, and stronger"),
            ("bound, a threshold a prompt", each.bound_signed, "likewise"),
            ("opt", opt, f"the least is-it-valid error of any threshold, at t = {t:.3g}"),
            ("identity − err", one.identity - one.error, "0: the exact identity behind the theorem"),
        ],
        f"The model errs on {one.error:.1%} of its responses; its own judgement of validity, wrong in"
        f" {one.error_iiv:.1%}, forces at least {max(0.0, holds):.1%} (Theorem 1)."
        + (" With one error to a prompt that is nothing, whatever the model." if world.errors.min() == 1 else ""),
    )
