"""Figures of the paper's quantities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evalkit.report.escape import one_line
from evalkit.report.figures import COLOURS, HEIGHT, WIDTH, Figure

if TYPE_CHECKING:
    from evalkit.theory.birthday_corpus import Trained
    from evalkit.theory.decryption import Decryption
    from evalkit.theory.is_it_valid import Reduction
    from evalkit.theory.worlds import World

GREY = "#6b7480"
FATES = {"right": "#009E73", "wrong": "#D55E00", "IDK": "#56B4E9"}
POINTS = 400
"""Of a curve, at the most."""


def bounds_figure(many: Sequence[tuple[str, Reduction]]) -> Figure:
    """Error against the bound of Theorem 1, a point a world.

    Args:
        many: kind of model, and what was found.
    """
    import altair as alt
    import pandas as pd

    data = pd.DataFrame([{"model": kind, "bound": one.bound, "error": one.error} for kind, one in many])
    least = float(data["bound"].min())
    ends = pd.DataFrame({"bound": [0.0, 1.0], "error": [0.0, 1.0]})
    x = alt.X("bound:Q", title="2·err_iiv − max|V|/min|E| − δ", scale=alt.Scale(domain=[min(-0.1, least), 1]))
    y = alt.Y("error:Q", title="error", scale=alt.Scale(domain=[0, 1]))
    colour = alt.Color("model:N", title=None, scale=alt.Scale(range=COLOURS))
    points = alt.Chart(data).mark_circle(size=28, opacity=0.6).encode(x=x, y=y, color=colour)
    line = alt.Chart(ends).mark_line(color=GREY, strokeDash=[5, 4], strokeWidth=1.2).encode(x=x, y=y)
    caption = (
        f"{len(data):,} worlds drawn at random, by kind of model. No point lies below the dashed line: the bound is"
        " never violated. The further above, the less it says."
    )
    chart = alt.layer(line, points).properties(width=2 * WIDTH, height=1.6 * HEIGHT)
    return Figure(chart, "Errors and what Theorem 1 forces", caption)


def ngram_figure(errors: Mapping[int, float]) -> Figure:
    """Error of n-gram models over their order.

    Args:
        errors: order → error.
    """
    import altair as alt
    import pandas as pd

    data = pd.DataFrame({"n": list(errors), "error": list(errors.values())})
    bars = (
        alt.Chart(data)
        .mark_bar(color=COLOURS[0], size=18)
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


def hardness_figure(many: Sequence[tuple[float, Decryption]], messages: int, abstains: float) -> Figure:
    """Error and bound over how much a model knows.

    Args:
        many: share of the codes that it breaks, and what was found.
        messages: |ℳ|.
        abstains: share of IDK where it does not know.
    """
    import altair as alt
    import pandas as pd

    rows = [
        {"knows": knows, "what": what, "value": value}
        for knows, one in many
        for what, value in (("error", one.error), ("bound", one.bound), ("δ", one.delta))
    ]
    caption = (
        f"{messages} messages; IDK to {abstains:.0%} of the codes that it cannot break. Observation 2: error ≥ bound."
    )
    chart = _lines(
        pd.DataFrame(rows), "knows", "share of the codes that it breaks", ["error", "bound", "δ"], alt.Scale()
    )
    return Figure(chart.properties(width=2 * WIDTH, height=HEIGHT), "A code that is not broken", caption)


def facts_figure(studies: Sequence[Trained], settings: str) -> Figure:
    """Singleton rate and errors over N; and whom the largest model errs about.

    Args:
        studies: one a size, rising.
        settings: of all of them, in words.
    """
    import altair as alt
    import pandas as pd

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
        "A text about people whose birthdays follow from nothing, and a 7-gram model trained on it. The singleton rate"
        " (people whose date is given once, over N) tells how much is missing, and so how much is made up."
        f" {settings}."
    )
    return Figure(both, "Who was read about once, and who is hallucinated about", caption)


def iiv_figure(models: Sequence[tuple[str, World]], task: str) -> Figure:
    """Reliability of each model side by side, and err_iiv over the threshold.

    Args:
        models: name and world.
        task: what was asked.
    """
    import altair as alt
    import pandas as pd

    from evalkit.theory import is_it_valid, reliability

    panels: list[Any] = []
    curves = []
    names = [one_line(name, 80) for name, _ in models]
    for name, (_, world) in zip(names, models, strict=True):
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
            title=alt.TitleParams("Wrong as a judge", subtitle="valid if its probability > t"),
        )
    )
    n = len(models[0][1].mu)
    caption = (
        f"{task}, n = {n} questions. Left: answers by the probability that the model gives them, and how often they"
        " are right; the numbers are answers a question. On the dashed diagonal it is calibrated. Right: the judge"
        " that calls an answer valid if its probability is above t; ½ is chance."
    )
    grid = alt.concat(*panels, columns=3).resolve_scale(color="independent")
    return Figure(grid, "Its own probabilities, exactly", caption)


def _reliability(bins: Any, title: str, subtitle: str) -> Any:
    import altair as alt
    import pandas as pd

    unit = alt.Scale(domain=[0, 1])
    ends = pd.DataFrame({"confidence": [0.0, 1.0], "valid": [0.0, 1.0]})
    x = alt.X("confidence:Q", scale=unit, title="probability of the answer")
    y = alt.Y("valid:Q", scale=unit, title="share right")
    diagonal = alt.Chart(ends).mark_line(color=GREY, strokeDash=[5, 4], strokeWidth=1.2).encode(x=x, y=y)
    base = alt.Chart(bins).encode(x=x, y=y)
    layers = [
        diagonal,
        base.mark_bar(color=COLOURS[0], opacity=0.25, size=16),
        base.mark_circle(color=COLOURS[0], size=50, opacity=1),
        base.mark_text(dy=-12, fontSize=10, color="#59636e").encode(text=alt.Text("pairs:Q", format=".2~g")),
    ]
    heading = alt.TitleParams(title, subtitle=subtitle)
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=heading)


def _lines(data: Any, x: str, title: str, names: Sequence[str], scale: Any, y: str = "", steps: bool = False) -> Any:
    import altair as alt

    colours = [COLOURS[k % len(COLOURS)] for k in range(len(names))]
    dashes = [[1, 0], [6, 3], [2, 3], [8, 2, 2, 2]]
    legend = alt.Legend(symbolType="stroke", symbolOpacity=1)
    drawn = alt.Color("what:N", title=None, scale=alt.Scale(domain=list(names), range=colours), legend=legend)
    gaps = alt.Scale(domain=list(names), range=[dashes[k % len(dashes)] for k in range(len(names))])
    dash = alt.StrokeDash("what:N", scale=gaps, legend=None)
    base = alt.Chart(data).encode(x=alt.X(f"{x}:Q", title=title, scale=scale, axis=alt.Axis(tickCount=6)))
    return base.mark_line(strokeWidth=2, interpolate="step-after" if steps else "linear", point=not steps).encode(
        y=alt.Y("value:Q", title=y or None), color=drawn, strokeDash=dash
    )
