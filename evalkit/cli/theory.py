"""`evalkit theory`."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import click

from evalkit.errors import UsageError

SHOWN = 5e-5
"""Half of the last digit that is printed."""


@click.group("theory", short_help="Measure the paper's own quantities on small worlds.")
def command() -> None:
    """Measure the quantities of "Why Language Models Hallucinate" on worlds that are small enough to be exact."""


@command.command("bounds")
@click.option("--seed", type=int, default=0, show_default=True, metavar="S", help="Of the world.")
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
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def bounds(*, seed: int, prompts: int, responses: int, model: str, as_json: bool) -> None:
    """Draw a world; its error, the is-it-valid error of the same model, and Theorem 1 between them.

    Every prompt has one or two valid responses among at least half of `--responses`.

    \b
    evalkit theory bounds --model sharp
    """
    import numpy as np

    from evalkit.theory import iiv
    from evalkit.theory.worlds import random_world

    least = max(2, responses // 2)
    world = random_world(np.random.default_rng(seed), prompts, responses, model, least=least, valids=2)
    one, each = iiv.reduction(world), iiv.reduction(world, per_prompt=True)
    opt, t = iiv.best_threshold(world)
    rows = [
        ("err", one.error, "how often the model states an error"),
        ("err_iiv", one.error_iiv, 'how often it is wrong as a judge of "is it valid?"'),
        ("δ₊", one.delta_signed, "overconfident mass above the threshold; the paper's δ is its size"),
        ("max|V|/min|E|", one.size_term, "the term of the worlds' sizes"),
        ("bound", one.bound, "Theorem 1: 2·err_iiv − max|V|/min|E| − δ ≤ err"),
        ("bound, signed δ", one.bound_signed, "as true, and stronger"),
        ("bound, a threshold a prompt", each.bound_signed, "likewise"),
        ("opt", opt, f"the least is-it-valid error of any threshold, at t = {t:.3g}"),
        ("identity − err", one.identity - one.error, "0: the exact identity behind the theorem"),
    ]
    holds = max(one.bound, one.bound_signed, each.bound_signed)
    sentence = (
        f"The model errs on {one.error:.1%} of its responses; its own judgement of validity, wrong in"
        f" {one.error_iiv:.1%}, forces at least {max(0.0, holds):.1%}."
    )
    _print(rows, sentence, as_json, {"seed": seed, "reduction": dataclasses.asdict(one), "opt": opt})


@command.command("ngram")
@click.option(
    "--orders", type=click.IntRange(1, 50), default=11, show_default=True, metavar="N", help="Up to which order."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def ngram(*, orders: int, as_json: bool) -> None:
    """Corollary 2: "She/He lost it and was completely out of …", by models that look back n − 1 words."""
    from evalkit.theory.ngram import out_of_mind_error

    errors = {n: out_of_mind_error(n) for n in range(1, orders + 1)}
    rows = [(f"n = {n}", error, "ends both alike" if error else "tells she from he") for n, error in errors.items()]
    first = next((n for n, error in errors.items() if not error), None)
    sentence = "A model that looks back too few words errs on half, whatever it has read" + (
        f"; from n = {first} on it does not." if first else "."
    )
    _print(rows, sentence, as_json, {"error": errors})


@command.command("hardness")
@click.option("--messages", type=click.IntRange(2), default=16, show_default=True, metavar="N")
@click.option(
    "--knows", type=click.FloatRange(0, 1), default=0.0, show_default=True, help="Probability of the right one."
)
@click.option("--abstains", type=click.FloatRange(0, 1), default=0.0, show_default=True, help="Of IDK, of the rest.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def hardness(*, messages: int, knows: float, abstains: float, as_json: bool) -> None:
    """Observation 2: who cannot break a code decrypts wrongly, or says IDK and is uncalibrated."""
    from evalkit.theory import bounds as formulas
    from evalkit.theory import iiv
    from evalkit.theory.worlds import make_world

    idk = (1 - knows) * abstains
    each = (1 - idk - knows) / messages
    model = [knows + each, *[each] * (messages - 1), idk]
    truth = [1.0, *[0.0] * messages]
    world = make_world([1.0], [truth], [model], [[True, *[False] * (messages - 1), True]])
    found = iiv.reduction(world)
    beta = 1 - 2 * found.error_iiv
    bound = formulas.decryption_bound(messages, beta, found.delta)
    rows = [
        ("err", found.error, "how often it states a wrong message"),
        ("β", beta, "its advantage in telling right from wrong: err_iiv = (1 − β)/2"),
        ("δ", found.delta, "how far it is from calibrated at the threshold"),
        ("bound", bound, "Observation 2: 1 − β − 2/(|M| − 1) − δ ≤ err"),
    ]
    sentence = f"With {messages} messages the bound says at least {max(0.0, bound):.1%}; it errs on {found.error:.1%}."
    _print(rows, sentence, as_json, {"error": found.error, "beta": beta, "delta": found.delta, "bound": bound})


@command.command("facts")
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
@click.option(
    "--alpha", type=click.FloatRange(0, 1), default=0.8, show_default=True, help="How often a sentence gives the date."
)
@click.option(
    "--noise", type=click.FloatRange(0, 0.99), default=0.0, show_default=True, help="Share of false dates in the text."
)
@click.option("--shift", is_flag=True, help="Ask in words that the text does not hold.")
@click.option("--questions", type=click.IntRange(1, 10**6), default=2000, show_default=True, metavar="N")
@click.option("--seed", type=int, default=0, show_default=True, metavar="S")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def facts(
    *, n: int, people: int | None, alpha: float, noise: float, shift: bool, questions: int, seed: int, as_json: bool
) -> None:
    """Birthdays that follow from nothing: write a text about people, train a language model on it, and ask it.

    \b
    evalkit theory facts --n 10000
    evalkit theory facts --n 10000 --noise 0.05 --shift
    """
    import numpy as np

    from evalkit.theory import bounds as formulas
    from evalkit.theory import people as text
    from evalkit.theory.facts import zipf_facts

    random = np.random.default_rng(seed)
    world = zipf_facts(random, people or 2 * n, 366, alpha)
    model, counts, measured = text.train(world, random, n, noise)
    found = text.ask(model, world, counts, measured, questions, random, text.SHIFTED if shift else text.ASKED)
    upper = formulas.facts_upper(measured.singleton_rate, n, 365)
    lower = formulas.facts_lower(measured.singleton_rate, n, 365)
    rows = [
        ("singleton rate", measured.singleton_rate, "people whose date is given exactly once, over all sentences"),
        (
            "missing mass",
            measured.missing_mass,
            "how often one is asked, and would answer, about people not answered for",
        ),
        ("calibrated error", measured.error, "of the model that memorises and guesses as often as people answer"),
        ("its upper bound", upper, "Theorem 2"),
        ("lower bound", lower, "Theorem 2, for any calibrated model; loose below N = 10⁶"),
        ("language model's error", found.error, f"wrong dates of a {text.ORDER}-gram model trained on the text"),
        ("its IDK", found.idk, ""),
    ]
    for group in found.groups:
        meaning = f"error on {group.share:.1%} of the questions; right {group.right:.0%}, IDK {group.idk:.0%}"
        rows.append((f"  date read {group.seen}×", group.error, meaning))
    gap = abs(measured.missing_mass - measured.singleton_rate)
    sentence = (
        f"Who was read about once stands for who was not read about at all: singleton rate and missing mass differ by"
        f" {gap:.3f}, below 3/√N = {3 / n**0.5:.3f}; that share is what even a calibrated model must get wrong."
    )
    document = {
        "seed": seed,
        "noise": noise,
        "shift": shift,
        "upper": upper,
        "lower": lower,
        **dataclasses.asdict(found),
    }
    _print(rows, sentence, as_json, document)


def _print(rows: list[tuple[str, float, str]], sentence: str, as_json: bool, document: dict[str, Any]) -> None:
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False))
        return
    if not rows:
        raise UsageError("nothing to show")
    width = max(len(name) for name, _, _ in rows)
    for name, value, meaning in rows:
        click.echo(f"  {name:<{width}}  {0.0 if abs(value) < SHOWN else value:>8.4f}   {meaning}".rstrip())
    click.echo(f"\n  {sentence}")


@command.command("iiv")
@click.option("--model", default="local/smollm2-135m", show_default=True, metavar="M", help="Served by llama.cpp.")
@click.option("--task", default="letters", show_default=True, metavar="T", help="One whose answers are finite.")
@click.option("--limit", type=click.IntRange(1), default=30, show_default=True, metavar="N", help="Questions.")
@click.option("--seed", type=int, default=0, show_default=True, metavar="S")
@click.option("--base-url", metavar="URL", help="A llama.cpp server instead of an embedded one.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def iiv_(*, model: str, task: str, limit: int, seed: int, base_url: str | None, as_json: bool) -> None:
    """A real model's probability of every possible answer, exactly, and Theorem 1 on it.

    \b
    evalkit theory iiv --task letters --limit 30
    evalkit theory iiv --task birthdays --limit 2
    """
    import asyncio

    from evalkit.exact import exact_world
    from evalkit.models import Options
    from evalkit.theory import iiv

    found = asyncio.run(exact_world(model, task, limit, seed, Options(base_url=base_url)))
    one = iiv.reduction(found.world, per_prompt=True)
    opt, t = iiv.best_threshold(found.world)
    outside = [1 - mass for mass in found.masses]
    rows = [
        ("err", one.error, "probability of a wrong answer, over the possible ones"),
        ("err_iiv", one.error_iiv, 'how often it is wrong as a judge of "is it valid?"'),
        ("delta_gold", one.delta_signed, "overconfident mass above 1/|E|, against the right answers"),
        ("mean |V|/|E|", one.size_term, ""),
        ("bound", one.bound_signed, "Theorem 1, a threshold a prompt: 2·err_iiv − mean |V|/|E| − δ₊ ≤ err"),
        ("opt", opt, f"the least is-it-valid error of any threshold, at t = {t:.3g}"),
        ("identity − err", one.identity - one.error, "0 to 1e-9: the exact identity behind the theorem"),
        ("mass outside, mean", sum(outside) / len(outside), "what it puts on anything but the possible answers"),
        ("mass outside, most", max(outside), ""),
    ]  # fmt: skip
    sentence = (
        f"Over {len(found.ids)} questions of {task} it errs with probability {one.error:.1%}; its own judgement of"
        f" validity forces at least {max(0.0, one.bound_signed):.1%}. {found.calls:,} token distributions were read."
    )
    document = {
        "model": model, "task": task, "reduction": dataclasses.asdict(one), "opt": opt, "masses": found.masses,
        "ids": found.ids, "calls": found.calls,
    }  # fmt: skip
    _print(rows, sentence, as_json, document)
