"""`evalkit theory ngram`."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.theory.printing import draw, output_options, print_document, print_rows


@click.command("ngram")
@click.option(
    "--orders", type=click.IntRange(1, 50), default=11, show_default=True, metavar="N", help="Up to which order."
)
@output_options
def ngram(*, orders: int, plot: Path | None, as_json: bool) -> None:
    """Corollary 2: "She/He lost it and was completely out of …", by models that look back n − 1 words."""
    from evalkit.theory import bounds, is_it_valid
    from evalkit.theory.ngram import out_of_mind

    worlds = {n: out_of_mind(n) for n in range(1, orders + 1)}
    errors = {n: is_it_valid.error(world) for n, world in worlds.items()}
    forced = {n: bounds.choice_bound(2, is_it_valid.best_threshold(world)[0]) for n, world in worlds.items()}
    if plot:
        from evalkit.report import theory

        draw(plot, theory.ngram_figure(errors))
    if as_json:
        print_document({"error": errors, "bound": forced})
        return
    first = next((n for n, error in errors.items() if not error), None)
    sentence = "A model that looks back too few words errs on half, whatever it has read" + (
        f"; from n = {first} on it does not." if first else "."
    )
    rows = [
        (f"n = {n}", error, f"{'ends both alike' if error else 'tells she from he'}; Theorem 3 forces {forced[n]:.2f}")
        for n, error in errors.items()
    ]
    print_rows(rows, sentence)
