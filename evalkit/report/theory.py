"""`evalkit theory`: figures of the paper's quantities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evalkit.display import one_line
from evalkit.report import palette
from evalkit.report.figures import HEIGHT, WIDTH, Figure
from evalkit.report.iiv import ExactIsItValid
from evalkit.theory.studies import BoundsStudy, FactsStudy, HardnessStudy, NGramStudy

Study = BoundsStudy | FactsStudy | HardnessStudy | NGramStudy | ExactIsItValid
STUDIES = (BoundsStudy, FactsStudy, HardnessStudy, NGramStudy, ExactIsItValid)
FATES = {"right": palette.LIGHT.correct, "wrong": palette.LIGHT.error, "IDK": palette.LIGHT.idk}
POINTS = 400
"""Of a curve, at the most."""


def study_figure(study: Study) -> Figure:
    """Draw what a study measured; sweeps that only the figure shows are measured now.

    Args:
        study: a result of `evalkit.theory.measure_…` or `evalkit.is_it_valid`.
    """
    if isinstance(study, BoundsStudy):
        return bounds_figure(study)
    if isinstance(study, FactsStudy):
        return facts_figure(study)
    if isinstance(study, HardnessStudy):
        return hardness_figure(study)
    return ngram_figure(study) if isinstance(study, NGramStudy) else iiv_figure(study)


def bounds_figure(study: BoundsStudy) -> Figure:
    """Draw error against the bound of Theorem 1, a point a world."""
    import altair as alt
    import pandas as pd

    data = pd.DataFrame([{"model": kind, "bound": one.bound, "error": one.error} for kind, one in study.sweep()])
    least = float(data["bound"].min())
    ends = pd.DataFrame({"bound": [0.0, 1.0], "error": [0.0, 1.0]})
    x = alt.X("bound:Q", title="2·err_iiv − max|V|/min|E| − δ", scale=alt.Scale(domain=[min(-0.1, least), 1]))
    y = alt.Y("error:Q", title="error", scale=alt.Scale(domain=[0, 1]))
    kinds = list(dict.fromkeys(data["model"]))
    color = alt.Color("model:N", title=None, scale=alt.Scale(domain=kinds, range=palette.series(len(kinds))))
    points = alt.Chart(data).mark_circle(size=28, opacity=0.6).encode(x=x, y=y, color=color)
    line = alt.Chart(ends).mark_line(color=palette.LIGHT.soft, strokeDash=[5, 4], strokeWidth=1.2).encode(x=x, y=y)
    caption = (
        f"{len(data):,} worlds drawn at random, by kind of model. No point lies below the dashed line: the bound is"
        " never violated. The further above, the less it says."
    )
    chart = alt.layer(line, points).properties(width=2 * WIDTH, height=1.6 * HEIGHT)
    return Figure(chart, "Errors and what Theorem 1 forces", caption)


def ngram_figure(study: NGramStudy) -> Figure:
    """Draw the error of n-gram models over their order."""
    import altair as alt
    import pandas as pd

    data = pd.DataFrame({"n": list(study.error), "error": list(study.error.values())})
    bars = (
        alt.Chart(data)
        .mark_bar(color=palette.LIGHT.series[0], size=18)
        .encode(
            x=alt.X("n:O", title="order n of the model", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("error:Q", title="error", scale=alt.Scale(domain=[0, 1])),
        )
    )
    caption = (
        '"She lost it and was completely out of her mind", "He … his mind": a model that looks back too few words ends'
        " both alike, and errs on half."
    )
    return Figure(bars.properties(width=2 * WIDTH, height=HEIGHT), "Models that cannot tell", caption)


def hardness_figure(study: HardnessStudy) -> Figure:
    """Draw error and bound over the share of codes that a model breaks."""
    import altair as alt
    import pandas as pd

    rows = [
        {"knows": knows, "what": what, "value": value}
        for knows, one in study.sweep()
        for what, value in (("error", one.error), ("bound", one.bound), ("δ", one.delta))
    ]
    caption = (
        f"{study.messages:,} possible messages; IDK with probability {study.abstains:.0%} on a code that it cannot"
        " break. Observation 2: error ≥ bound."
    )
    chart = _lines(
        pd.DataFrame(rows), "knows", "share of the codes that it breaks", ["error", "bound", "δ"], alt.Scale()
    )
    return Figure(chart.properties(width=2 * WIDTH, height=HEIGHT), "A code that the model cannot break", caption)


def facts_figure(study: FactsStudy) -> Figure:
    """Draw singleton rate and errors over N, and whom the model of the largest text errs about."""
    import altair as alt
    import pandas as pd

    studies = study.sweep()
    names = ["singleton rate", "missing mass", "calibrated error", "language model's error"]
    rows = [
        {"n": one.measured.n, "what": what, "value": value}
        for one in studies
        for what, value in zip(
            names,
            (one.measured.singleton_rate, one.measured.missing_mass, one.measured.error, one.error),
            strict=True,
        )
    ]
    scale = alt.Scale(type="log", nice=False)
    over = _lines(pd.DataFrame(rows), "n", "N, sentences of the text", names, scale)
    last = studies[-1]
    shares = [
        {"seen": group.seen, "fate": fate, "share": value * group.share}
        for group in last.groups
        for fate, value in (("right", group.right), ("wrong", group.error), ("IDK", group.idk))
    ]
    bars = (
        alt.Chart(pd.DataFrame(shares))
        .mark_bar()
        .encode(
            x=alt.X("seen:N", sort=None, title="times that the date was read", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("share:Q", title="share of the questions"),
            color=alt.Color("fate:N", title=None, scale=alt.Scale(domain=list(FATES), range=list(FATES.values()))),
        )
    )
    both = alt.hconcat(
        over.properties(width=WIDTH, height=HEIGHT, title="Over the size of the text"),
        bars.properties(width=WIDTH, height=HEIGHT, title=f"Whom it errs about, N = {last.measured.n:,}"),
    ).resolve_scale(color="independent")
    caption = (
        "A text about people and their birthdays, and a 7-gram model trained on it. The singleton rate (people whose"
        " date is given once, over N) predicts how much of the answers is missing from the text, and so how much the"
        f" model makes up. {_settings(study)}."
    )
    return Figure(both, "Who was read about once, and who is hallucinated about", caption)


def iiv_figure(study: ExactIsItValid) -> Figure:
    """Draw the reliability of each model side by side, and err_iiv over the threshold."""
    import altair as alt
    import pandas as pd

    from evalkit.theory import is_it_valid, reliability

    panels: list[Any] = []
    curves = []
    models = study.models
    names = [one_line(one.name, 80) for one in models]
    for name, world in zip(names, (one.world for one in models), strict=True):
        bins = pd.DataFrame([one._asdict() for one in reliability.histogram(world)])
        panels.append(_reliability(bins, name, f"ECE {reliability.classwise_ece(world, reliability.BINS):.3f}"))
        t, errors = is_it_valid.threshold_curve(world)
        kept = sorted({*range(0, len(t), max(1, len(t) // POINTS)), int(errors.argmin()), len(t) - 1})
        curves += [{"t": float(t[k]), "what": name, "value": float(errors[k])} for k in kept]
    over = _lines(pd.DataFrame(curves), "t", "threshold t", names, alt.Scale(domain=[0, 1]), "err_iiv", steps=True)
    panels.append(
        over.properties(
            width=WIDTH,
            height=HEIGHT,
            title=alt.TitleParams("Error as a classifier", subtitle="valid if its probability > t"),
        )
    )
    n, task = len(models[0].scored), one_line(models[0].settings.task)
    caption = (
        f"{task}, n = {n:,} questions. Left: answers by the probability that the model gives them, and how often they"
        " are right; the numbers are answers a question. On the dashed diagonal the model is calibrated. Right: error"
        " of the classifier that calls an answer valid if its probability is above t; ½ is chance."
    )
    grid = alt.concat(*panels, columns=3).resolve_scale(color="independent")
    return Figure(grid, "The model's own probabilities, exactly", caption)


def _settings(study: FactsStudy) -> str:
    people = f"{study.people:,}" if study.people else "twice N"
    return (
        f"IDK in {1 - study.alpha:.0%} of the text, noise {study.noise:.0%}, questions in"
        f" {'other' if study.shift else 'the same'} words; {people} people, {study.questions:,} questions, seed"
        f" {study.seed}"
    )


def _reliability(bins: Any, title: str, subtitle: str) -> Any:
    import altair as alt
    import pandas as pd

    unit = alt.Scale(domain=[0, 1])
    ends = pd.DataFrame({"confidence": [0.0, 1.0], "valid": [0.0, 1.0]})
    x = alt.X("confidence:Q", scale=unit, title="probability of the answer")
    y = alt.Y("valid:Q", scale=unit, title="share right")
    diagonal = alt.Chart(ends).mark_line(color=palette.LIGHT.soft, strokeDash=[5, 4], strokeWidth=1.2).encode(x=x, y=y)
    base = alt.Chart(bins).encode(x=x, y=y)
    layers = [
        diagonal,
        base.mark_bar(color=palette.LIGHT.series[0], opacity=0.25, size=16),
        base.mark_circle(color=palette.LIGHT.series[0], size=50, opacity=1),
        base.mark_text(dy=-12, fontSize=10, color=palette.LIGHT.soft).encode(text=alt.Text("pairs:Q", format=".2~g")),
    ]
    heading = alt.TitleParams(title, subtitle=subtitle)
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=heading)


def _lines(data: Any, x: str, title: str, names: Sequence[str], scale: Any, y: str = "", steps: bool = False) -> Any:
    import altair as alt

    legend = alt.Legend(symbolType="stroke", symbolOpacity=1)
    drawn = alt.Color(
        "what:N", title=None, scale=alt.Scale(domain=list(names), range=palette.series(len(names))), legend=legend
    )
    gaps = alt.Scale(domain=list(names), range=palette.dashes(len(names)))
    dash = alt.StrokeDash("what:N", scale=gaps, legend=None)
    base = alt.Chart(data).encode(x=alt.X(f"{x}:Q", title=title, scale=scale, axis=alt.Axis(tickCount=6)))
    return base.mark_line(strokeWidth=2, interpolate="step-after" if steps else "linear", point=not steps).encode(
        y=alt.Y("value:Q", title=y or None), color=drawn, strokeDash=dash
    )
