"""`evalkit theory iiv`."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from evalkit.cli.options import KeyValue, as_dict
from evalkit.cli.theory.printing import Row, draw, output_options, print_document, print_rows
from evalkit.errors import RunInterruptedError, UsageError

if TYPE_CHECKING:
    from evalkit.logprobs.checkpoint import Scored
    from evalkit.logprobs.measure import Outside
    from evalkit.logprobs.prompt import Form
    from evalkit.logprobs.selection import Chosen, Settings
    from evalkit.theory.is_it_valid import Reduction
    from evalkit.theory.reliability import Bin
    from evalkit.theory.worlds import World

FORMS, OUTSIDE = ("chat", "plain"), ("drop", "error")
"""As `evalkit.exact` has them, which is imported where it is used: it takes half a second."""
HALF = 0.5
"""Mass of the possible answers below which it is said that they are not what the model would say."""


SINGLE = "bound by opt"
"""A row that needs one right answer a question."""
MEANINGS = {
    "err": "probability of a wrong answer{among}",
    "± of err": "its standard error over the questions",
    "err_iiv": 'how often it is wrong as a judge of "is it valid?": valid if its probability is above 1/|E|',
    "delta_gold": "overconfident mass above 1/|E|, against the right answers",
    "mean |V|/|E|": "the term of the sets' sizes",
    "bound": "Theorem 1, a threshold a question: 2·err_iiv − mean |V|/|E| − delta_gold ≤ err",
    "bound, one threshold": "as the paper has it: 1/min|E| for all questions, max|V|/min|E|, |delta_gold|",
    "opt": "the least is-it-valid error of any threshold, at t = {at}",
    SINGLE: "Theorem 3: 2(1 − 1/C)·opt ≤ err, C the fewest answers",
    "identity − err": "0 to 1e-9: the exact identity behind Theorem 1",
    "mean err_iiv over t": "of the judge p̂ > t, t uniform in [0, 1]",
    "ECE, ten bins": "over all answers of a question, not its first alone: up to 2",
    "max |δ_z|": "the largest over- or underconfidence above any threshold z",
    "mass outside, mean": "what it puts on anything but the possible answers",
    "mass outside, most": "",
}
"""Row → what it says, in the order printed."""


class Measured(NamedTuple):
    """One model."""

    name: str
    settings: Settings
    scored: list[Scored]
    world: World
    reduction: Reduction
    opt: float
    opt_at: float
    histogram: list[Bin]
    values: dict[str, float]
    """Row → number; NaN where it is not defined."""


@click.command("iiv")
@click.option(
    "--model", "models", multiple=True, metavar="M", default=["local/smollm2-135m"], show_default=True,
    help="Served by llama.cpp. Repeatable: a base model beside one trained to chat.",
)  # fmt: skip
@click.option("--task", default="letters", show_default=True, metavar="T", help="One whose answers are finite.")
@click.option("-T", "parameters", type=KeyValue(), multiple=True, help="The task's parameter.")
@click.option("--data", metavar="PATH", help="Local files of the task.")
@click.option("--limit", type=click.IntRange(1), default=30, show_default=True, metavar="N", help="Questions.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, metavar="S")
@click.option(
    "--form", type=click.Choice(FORMS), default="chat", show_default=True,
    help="The model's chat template, or plain text: Question: … Answer: …",
)  # fmt: skip
@click.option(
    "--shots", type=click.IntRange(0), default=0, show_default=True, metavar="K", help="Worked examples before each."
)
@click.option(
    "--outside", type=click.Choice(OUTSIDE), default="drop", show_default=True,
    help="What becomes of probability outside the possible answers: left out, or counted as error.",
)  # fmt: skip
@click.option("--ask", is_flag=True, help='Ask any chat model "is this a valid answer?" instead.')
@click.option("--base-url", metavar="URL", help="A server instead of an embedded one.")
@click.option(
    "--keep", type=click.Path(path_type=Path), metavar="DIR", help="Keep what is measured here, and go on from it."
)
@output_options
def iiv(
    *, models: tuple[str, ...], task: str, parameters: tuple[tuple[str, str], ...], data: str | None, limit: int,
    seed: int, form: Form, shots: int, outside: Outside, ask: bool, base_url: str | None, keep: Path | None,
    plot: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """A real model's probability of every possible answer, exactly, and Theorem 1 on it.

    With `--ask` a chat model is asked about right and wrong answers, half and half, and how often it judges wrongly
    stands beside how often it answers wrongly; any model will do, and any task with answers.

    \b
    evalkit theory iiv --task letters --limit 30
    evalkit theory iiv --task birthdays --limit 2
    evalkit theory iiv --model local/base.gguf --model local/chat.gguf --form plain --shots 4 --plot both.png
    evalkit theory iiv --ask --model openai/gpt-4o --limit 100
    """
    from evalkit.logprobs import Settings, choose

    if len(set(models)) < len(models):
        raise UsageError("--model: the same model is given twice")
    local = str(Path(data).resolve()) if data else None
    asked = Settings(
        task=task, limit=limit, seed=seed, parameters=as_dict(parameters), data=local, form=form, shots=shots,
        base_url=base_url, model="",
    )  # fmt: skip
    many = [dataclasses.replace(asked, model=model) for model in models]
    _check_folders(models, keep is not None or ask)
    if ask:
        if plot or shots or form != "chat" or outside != "drop":
            raise UsageError("--ask takes no --plot, --form, --shots or --outside: it reads no probabilities")
        from evalkit.cli.theory.asked import ask_models

        ask_models(many, keep, as_json)
        return
    chosen = choose(asked)
    found = [
        _measure(name, settings, chosen, outside, keep)
        for name, settings in zip(_short_names(models), many, strict=True)
    ]
    if as_json:
        print_document({"outside": outside, "passed_over": chosen.passed_over, "models": _document(found)})
    else:
        columns = [one.name for one in found] if len(found) > 1 else ()
        print_rows(_rows(found, outside), _sentences(found, outside, chosen.passed_over), columns)
        _print_histograms(found)
    if plot:
        from evalkit.report import theory

        draw(plot, theory.iiv_figure([(one.name, one.world) for one in found], task))


def _check_folders(models: Sequence[str], kept: bool) -> None:
    from evalkit.runs.folder import slug

    if kept and len({slug(model) for model in models}) < len(models):
        raise UsageError(f"two of {', '.join(models)} would share a file or folder; measure one at a time")


def _short_names(models: Sequence[str]) -> list[str]:
    """The last part of each name, or all of it where two end alike."""
    short = [Path(model).name.removesuffix(".gguf") for model in models]
    return short if len(set(short)) == len(short) else list(models)


def _measure(name: str, settings: Settings, chosen: Chosen, outside: Outside, keep: Path | None) -> Measured:
    import asyncio

    from evalkit.cli.progress import Display
    from evalkit.logprobs import make_exact_world, score
    from evalkit.runs.folder import slug
    from evalkit.theory import is_it_valid, reliability

    path = keep / f"{slug(settings.model)}.jsonl" if keep else None
    try:
        with Display() as display:
            scored = asyncio.run(score(settings, chosen, path, display.notify))
    except KeyboardInterrupt as error:
        again = "the same command goes on" if keep else "--keep DIR keeps what is measured"
        raise RunInterruptedError(f"interrupted; {again}", run="") from error
    world = make_exact_world(scored, outside)
    opt, t = is_it_valid.best_threshold(world)
    reduction, histogram = is_it_valid.reduction(world, per_prompt=True), reliability.histogram(world)
    values = _values(scored, world, reduction, opt)
    return Measured(name, settings, scored, world, reduction, opt, t, histogram, values)


def _values(scored: Sequence[Scored], world: World, one: Reduction, opt: float) -> dict[str, float]:
    import numpy as np

    from evalkit.theory import is_it_valid, reliability
    from evalkit.theory.bounds import choice_bound

    outside = [1 - each.mass for each in scored]
    errors = is_it_valid.prompt_errors(world)
    several, single = len(errors) > 1, (world.valids == 1).all()
    return {
        "err": one.error,
        "± of err": float(np.std(errors, ddof=1) / np.sqrt(len(errors))) if several else math.nan,
        "err_iiv": one.error_iiv,
        "delta_gold": one.delta_signed,
        "mean |V|/|E|": one.size_term,
        "bound": one.bound_signed,
        "bound, one threshold": is_it_valid.reduction(world).bound,
        "opt": opt,
        SINGLE: choice_bound(int(world.errors.min()) + 1, opt) if single else math.nan,
        "identity − err": one.identity - one.error,
        "mean err_iiv over t": is_it_valid.mean_over_thresholds(world),
        "ECE, ten bins": reliability.classwise_ece(world, reliability.BINS),
        "max |δ_z|": float(np.abs(is_it_valid.delta_curve(world)[1]).max()),
        "mass outside, mean": sum(outside) / len(outside),
        "mass outside, most": max(outside),
    }


def _rows(found: Sequence[Measured], outside: Outside) -> list[Row]:
    at = ", ".join(f"{one.opt_at:.3g}" for one in found)
    among = ", over the possible ones" if outside == "drop" else ", or of anything that is no possible one"
    return [
        (name, [one.values[name] for one in found], meaning.format(at=at, among=among))
        for name, meaning in MEANINGS.items()
        if not any(math.isnan(one.values[name]) for one in found)
    ]


def _sentences(found: Sequence[Measured], outside: Outside, passed_over: int) -> str:
    lines = []
    for one in found:
        n, low = len(one.scored), sum(scored.mass < HALF for scored in one.scored)
        forced = f"at least {max(0.0, one.reduction.bound_signed):.1%} by Theorem 1"
        if not math.isnan(one.values[SINGLE]):
            forced += f", {max(0.0, one.values[SINGLE]):.1%} by Theorem 3 with the best of all thresholds"
        lines.append(
            f"Over {n} questions of {one.settings.task}, {one.name} errs with probability {one.reduction.error:.1%};"
            f" how badly its own probabilities tell valid from wrong forces {forced}."
        )
        if low and outside == "drop":
            mean = sum(scored.mass for scored in one.scored) / n
            lines.append(
                f"To {low} of these {n} it gives the possible answers less than half of its probability (mean"
                f" {mean:.2g}): the figures are of its choice among them. --form plain --shots 4 may bring it to bare"
                " answers."
            )
    if passed_over:
        lines.append(f"Passed over on the way, without a right answer or a finite set of answers: {passed_over:,}.")
    return "\n  ".join(lines)


def _print_histograms(found: Sequence[Measured]) -> None:
    """How often answers of a probability are right, and how many answers a question there are."""
    click.echo("\n  probability of an answer, how often it is right, and such answers a question")
    if len(found) > 1:
        click.echo(f"  {'':<9}  " + "  ".join(f"{one.name[-26:]:>26}" for one in found))
    bins = [{each.low: each for each in one.histogram} for one in found]
    for low in sorted({low for one in bins for low in one}):
        cells = [_cell(one.get(low)) for one in bins]
        high = next(one[low].high for one in bins if low in one)
        click.echo(f"  {low:.1f} – {high:.1f}  " + "  ".join(cells))


def _cell(one: Bin | None) -> str:
    return f"{'–':>26}" if one is None else f"{one.confidence:>8.4f} {one.valid:>8.4f} {one.pairs:>8.2f}"


def _document(found: Sequence[Measured]) -> list[dict[str, Any]]:
    return [
        {
            **dataclasses.asdict(one.settings),
            "name": one.name,
            "n": len(one.scored),
            "reduction": dataclasses.asdict(one.reduction),
            "opt": one.opt,
            "opt_at": one.opt_at,
            "rows": {name: None if math.isnan(value) else value for name, value in one.values.items()},
            "histogram": [each._asdict() for each in one.histogram],
            "mass": [scored.mass for scored in one.scored],
            "questions": [dataclasses.asdict(scored) for scored in one.scored],
        }
        for one in found
    ]
