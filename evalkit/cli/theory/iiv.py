"""`evalkit theory iiv`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import click

from evalkit.cli.options import KeyValue, as_dict
from evalkit.cli.theory.printing import Row, draw, output_options, print_document, print_rows
from evalkit.errors import RunInterruptedError, UsageError
from evalkit.exact.asking import Form
from evalkit.exact.measuring import Outside, Settings

if TYPE_CHECKING:
    from evalkit.exact.measuring import Scored
    from evalkit.theory.iiv import Reduction
    from evalkit.theory.reliability import Bin
    from evalkit.theory.worlds import World

HALF = 0.5
"""Mass of the possible answers below which it is said that they are not what the model would say."""


MEANINGS = {
    "err": "probability of a wrong answer, over the possible ones",
    "err_iiv": 'how often it is wrong as a judge of "is it valid?"',
    "delta_gold": "overconfident mass above 1/|E|, against the right answers",
    "mean |V|/|E|": "the term of the sets' sizes",
    "bound": "Theorem 1, a threshold a prompt: 2·err_iiv − mean |V|/|E| − delta_gold ≤ err",
    "opt": "the least is-it-valid error of any threshold, at t = {at}",
    "bound by opt": "Theorem 3: 2(1 − 1/C)·opt ≤ err, C the fewest answers",
    "identity − err": "0 to 1e-9: the exact identity behind Theorem 1",
    "mean err_iiv over t": "of the judge p̂ > t, t uniform in [0, 1]",
    "ECE, ten bins": "over all answers of a question, not its first alone: up to 2",
    "mass outside, mean": "what it puts on anything but the possible answers",
    "mass outside, most": "",
}
"""Row → what it says."""


class Measured(NamedTuple):
    """One model."""

    name: str
    scored: list[Scored]
    world: World
    reduction: Reduction
    opt: float
    opt_at: float
    choice_bound: float
    histogram: list[Bin]


@click.command("iiv")
@click.option(
    "--model", "models", multiple=True, metavar="M", default=["local/smollm2-135m"], show_default=True,
    help="Served by llama.cpp. Repeatable: a base model beside one trained to chat.",
)  # fmt: skip
@click.option("--task", default="letters", show_default=True, metavar="T", help="One whose answers are finite.")
@click.option("-T", "parameters", type=KeyValue(), multiple=True, help="The task's parameter.")
@click.option("--data", metavar="PATH", help="Local files of the task.")
@click.option("--limit", type=click.IntRange(1), default=30, show_default=True, metavar="N", help="Questions.")
@click.option("--seed", type=int, default=0, show_default=True, metavar="S")
@click.option(
    "--form", type=click.Choice(get_args(Form)), default="chat", show_default=True,
    help="The model's chat template, or plain text: Question: … Answer: …",
)  # fmt: skip
@click.option(
    "--shots", type=click.IntRange(0), default=0, show_default=True, metavar="K", help="Worked examples before each."
)
@click.option(
    "--outside", type=click.Choice(get_args(Outside)), default="drop", show_default=True,
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
    from evalkit import nested

    if len({nested.slug(model) for model in models}) < len(models):
        raise UsageError("--model: the same model is given twice")
    local = str(Path(data).resolve()) if data else None
    asked = Settings(
        task=task, limit=limit, seed=seed, parameters=as_dict(parameters), data=local, form=form, shots=shots,
        base_url=base_url, model="",
    )  # fmt: skip
    many = [dataclasses.replace(asked, model=model) for model in models]
    if ask:
        if plot or shots or form != "chat" or outside != "drop":
            raise UsageError("--ask takes no --plot, --form, --shots or --outside: it reads no probabilities")
        from evalkit.cli.theory.asked import ask_models

        ask_models(many, keep, as_json)
        return
    found = [_measure(settings, outside, keep) for settings in many]
    if plot:
        from evalkit.report import theory

        draw(plot, lambda: theory.iiv_figure([(one.name, one.world) for one in found], task))
    if as_json:
        print_document({"task": task, "form": form, "shots": shots, "outside": outside, "models": _document(found)})
        return
    print_rows(_rows(found), _sentences(found, task), [one.name for one in found] if len(found) > 1 else ())
    _print_histograms(found)


def _measure(settings: Settings, outside: Outside, keep: Path | None) -> Measured:
    import asyncio

    from evalkit import nested
    from evalkit.cli.progress import Display
    from evalkit.exact import make_exact_world, score_task
    from evalkit.theory import iiv, reliability
    from evalkit.theory.bounds import choice_bound

    path = keep / f"{nested.slug(settings.model)}.jsonl" if keep else None
    try:
        with Display() as display:
            scored = asyncio.run(score_task(settings, path, display.notify))
    except KeyboardInterrupt as error:
        again = "the same command goes on" if keep else "--keep DIR keeps what is measured"
        raise RunInterruptedError(f"interrupted; {again}", run="") from error
    world = make_exact_world(scored, outside)
    opt, t = iiv.best_threshold(world)
    bound = choice_bound(int(world.errors.min()) + 1, opt)
    name = Path(settings.model).name.removesuffix(".gguf")
    reduction = iiv.reduction(world, per_prompt=True)
    return Measured(name, scored, world, reduction, opt, t, bound, reliability.histogram(world))


def _rows(found: Sequence[Measured]) -> list[Row]:
    values = [_values(one) for one in found]
    at = ", ".join(f"{one.opt_at:.3g}" for one in found)
    return [(name, [one[name] for one in values], meaning.format(at=at)) for name, meaning in MEANINGS.items()]


def _values(one: Measured) -> dict[str, float]:
    """One model's column, in the order of `MEANINGS`."""
    from evalkit.theory import iiv, reliability

    outside = [1 - scored.mass for scored in one.scored]
    values = [
        one.reduction.error,
        one.reduction.error_iiv,
        one.reduction.delta_signed,
        one.reduction.size_term,
        one.reduction.bound_signed,
        one.opt,
        one.choice_bound,
        one.reduction.identity - one.reduction.error,
        iiv.mean_over_thresholds(one.world),
        reliability.classwise_ece(one.world, reliability.BINS),
        sum(outside) / len(outside),
        max(outside),
    ]
    return dict(zip(MEANINGS, values, strict=True))


def _sentences(found: Sequence[Measured], task: str) -> str:
    lines = []
    for one in found:
        forced = max(0.0, one.reduction.bound_signed, one.choice_bound)
        lines.append(
            f"Over {len(one.scored)} questions of {task}, {one.name} errs with probability {one.reduction.error:.1%};"
            f" its own judgement of validity forces at least {forced:.1%}."
        )
        low, n = sum(scored.mass < HALF for scored in one.scored), len(one.scored)
        if low:
            mean = sum(scored.mass for scored in one.scored) / n
            lines.append(
                f"To {low} of these {n} it gives the possible answers less than half of its probability (mean"
                f" {mean:.2g}): the figures are of its choice among them. --form plain --shots 4 may bring it to bare"
                " answers."
            )
    return "\n  ".join(lines)


def _print_histograms(found: Sequence[Measured]) -> None:
    """How often answers of a probability are right, and how many answers a question there are."""
    click.echo("\n  probability of an answer, how often it is right, and such answers a question")
    if len(found) > 1:
        click.echo(f"  {'':<9}  " + "  ".join(f"{one.name[:26]:>26}" for one in found))
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
            "model": one.name,
            "reduction": dataclasses.asdict(one.reduction),
            "opt": one.opt,
            "opt_at": one.opt_at,
            "choice_bound": one.choice_bound,
            "histogram": [each._asdict() for each in one.histogram],
            "mass": [scored.mass for scored in one.scored],
            "questions": [dataclasses.asdict(scored) for scored in one.scored],
        }
        for one in found
    ]
