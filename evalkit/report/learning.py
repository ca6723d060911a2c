"""`evalkit theory posttrain`: a figure of the models."""

from __future__ import annotations

from typing import Any

from evalkit.report import palette
from evalkit.report.figures import HEIGHT, WIDTH, Figure
from evalkit.theory.learning.posttrain_study import PosttrainStudy

FATES = {"right": palette.LIGHT.correct, "wrong": palette.LIGHT.error, "IDK": palette.LIGHT.idk}


def posttrain_figure(study: PosttrainStudy) -> Figure:
    """Draw what each model answers, how reliable its probabilities are, and its score over the stated target.

    Args:
        study: a result of `evalkit.theory.learning.posttrain`.
    """
    import altair as alt

    grid = alt.hconcat(_answers(study), _reliability(study), _scores(study)).resolve_scale(color="independent")
    caption = (
        f"Asked about people whom post-training left out, {study.questions:,} questions as frequent as in the text."
        " Left: no target stated. Middle: dates by the probability with which the model states them, and how often they"
        " are right; on the dashed diagonal it is calibrated, below it overconfident; larger points are stated more"
        " often. Right: a mistake costs t/(1 − t) points, never answering scores 0."
    )
    return Figure(grid, "A language model that learned to bluff, and one that learned not to", caption)


def _answers(study: PosttrainStudy) -> Any:
    import altair as alt
    import pandas as pd

    rows = [
        {"model": name, "answer": fate, "order": order, "share": value}
        for name, snapshot in study.models.items()
        for one in snapshot.behaviors[:1]
        for order, (fate, value) in enumerate(zip(FATES, (one.right, one.wrong, one.idk), strict=True))
    ]
    bars = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar()
        .encode(
            x=alt.X("model:N", sort=None, title=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y("share:Q", title="share of the questions"),
            color=alt.Color("answer:N", title=None, scale=alt.Scale(domain=list(FATES), range=list(FATES.values()))),
            order="order:Q",
        )
    )
    return bars.properties(width=WIDTH * 2 / 3, height=HEIGHT, title="Answers")


def _reliability(study: PosttrainStudy) -> Any:
    import altair as alt
    import pandas as pd

    rows = [
        {"model": name, "probability": one.confidence, "right": one.right, "mass": one.mass}
        for name, snapshot in study.models.items()
        for one in snapshot.believed.histogram
    ]
    unit = alt.Scale(domain=[0, 1])
    x = alt.X("probability:Q", scale=unit, title="probability of a stated date")
    y = alt.Y("right:Q", scale=unit, title="share right")
    ends = pd.DataFrame({"probability": [0.0, 1.0], "right": [0.0, 1.0]})
    diagonal = alt.Chart(ends).mark_line(color=palette.LIGHT.soft, strokeDash=[5, 4], strokeWidth=1.2).encode(x=x, y=y)
    base = alt.Chart(pd.DataFrame(rows)).encode(x=x, y=y, color=_colors(study))
    points = base.mark_circle(opacity=1).encode(
        size=alt.Size("mass:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[20, 400]))
    )
    lines = alt.layer(diagonal, base.mark_line(strokeWidth=2), points)
    return lines.properties(width=WIDTH, height=HEIGHT, title="Reliability")


def _scores(study: PosttrainStudy) -> Any:
    import altair as alt
    import pandas as pd

    rows = [
        {"model": name, "t": one.target, "score": one.score}
        for name, snapshot in study.models.items()
        for one in snapshot.behaviors[1:]
    ]
    zero = alt.Chart(pd.DataFrame({"score": [0.0]})).mark_rule(color=palette.LIGHT.soft, strokeDash=[5, 4])
    lines = (
        alt.Chart(pd.DataFrame(rows))
        .mark_line(strokeWidth=2, point=True)
        .encode(
            x=alt.X("t:Q", title="confidence target t, stated", scale=alt.Scale(domain=[0, 1])),
            y=alt.Y("score:Q", title="score"),
            color=_colors(study),
        )
    )
    layers = alt.layer(zero.encode(y="score:Q"), lines)
    return layers.properties(width=WIDTH, height=HEIGHT, title="Score")


def _colors(study: PosttrainStudy) -> Any:
    import altair as alt

    names = list(study.models)
    return alt.Color("model:N", title=None, scale=alt.Scale(domain=names, range=palette.series(len(names))))
