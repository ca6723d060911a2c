"""Figures of records for `evalkit plot`; each says its n and whether a confidence target was stated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from evalkit.display import one_line
from evalkit.errors import InputError, UsageError
from evalkit.metrics import calibration
from evalkit.metrics.intervals import share_interval
from evalkit.metrics.measurement import Estimate, Measurement, normalized
from evalkit.report import palette
from evalkit.report.figures import COLUMNS, HEIGHT, WIDTH, Figure, diagonal, grid, never_answering
from evalkit.report.table import NOTABLE_MISSING, number, target_label

if TYPE_CHECKING:
    import pandas as pd

MIX = {
    "correct": palette.LIGHT.correct,
    "error": palette.LIGHT.error,
    "unparsed (error)": palette.LIGHT.unparsed,
    "IDK": palette.LIGHT.idk,
    "missing": palette.LIGHT.missing,
}
NO_TARGET = "no target stated"
GRID = sorted({k / 50 for k in range(50)} | {0.25, 0.75})
PANELS = 24
STRATA = 8
"""Of a task, up to which each has a row of its own; more would be bars of two or three answers."""
BANDS = 3
"""Models a panel up to which intervals are drawn as bands; more would hide each other."""


def score_figure(frame: pd.DataFrame) -> Figure:
    """Draw N_t, which orders models as S_t does, against t: a line with no target stated, diamonds where t was."""
    import altair as alt
    import pandas as pd

    names = ["task", "model", "t", "value", "low", "high"]
    closed, stated = frame[frame["prompt_threshold"].isna()], stated_only(frame)
    lines = [
        row
        for (task, model), part in closed.groupby(["task", "model"], sort=True)
        for row in _line_of(str(task), str(model), _measure(part))
    ]
    points = [
        {"task": task, "model": model, "t": float(str(t)), **_normalized(_measure(part), [float(str(t))])[0]}
        for (task, model, t), part in stated.groupby(["task", "model", "prompt_threshold"], sort=True)
    ]
    curves, dots = pd.DataFrame(lines, columns=names), pd.DataFrame(points, columns=names)
    shown = sorted(set(frame["model"]))
    colors = alt.Scale(domain=shown, range=palette.series(len(shown)))
    dashes = alt.Scale(domain=shown, range=palette.dashes(len(shown)))
    color = alt.Color("model:N", scale=colors, legend=alt.Legend(symbolType="stroke", symbolOpacity=1), title=None)
    x = alt.X("t:Q", scale=alt.Scale(domain=[-0.02, 1], nice=False), title="confidence target t")
    unit = alt.Scale(domain=[0, 1])
    y, ends = alt.Y("value:Q", scale=unit, title="N = (1 − t)·S + t"), alt.Y("low:Q", scale=unit)
    panels = []
    for task in _panels(sorted(set(frame["task"]))):
        mine, theirs = curves[curves["task"] == task], dots[dots["task"] == task]
        layers = [never_answering()]
        if len(shown) <= BANDS:
            layers.append(alt.Chart(mine).mark_area(opacity=0.15).encode(x=x, y=ends, y2="high:Q", color=color))
        dash = alt.StrokeDash("model:N", scale=dashes, legend=None)
        layers += [
            alt.Chart(mine).mark_line(strokeWidth=2).encode(x=x, y=y, color=color, strokeDash=dash),
            alt.Chart(theirs).mark_rule().encode(x=x, y=ends, y2="high:Q", color=color),
            alt.Chart(theirs)
            .mark_point(shape="diamond", filled=True, size=70, opacity=1)
            .encode(x=x, y=y, color=color),
        ]
        panels.append(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=task))
    return Figure(grid(panels), "Score against the confidence target", _score_caption(closed, stated, len(shown)))


def _score_caption(closed: pd.DataFrame, stated: pd.DataFrame, models: int) -> str:
    meaning = (
        "N is the score S brought to [0, 1] and orders models as S does. For one set of answers it is a straight line,"
        " from their accuracy at t = 0 to 1 − error rate at t = 1. Dotted: never answering (S = 0)."
    )
    parts = [meaning]
    if len(closed):
        bands = ", with 95% bands" if models <= BANDS else ""
        parts.append(f"Lines: answers to prompts that state no target (closed), {_asked(closed)}{bands}.")
    if len(stated):
        parts.append(f"Diamonds: answers to prompts that state that t (open), {_asked(stated)}, with 95% intervals.")
    if any(_measure(part).missing_share > NOTABLE_MISSING for _, part in _conditions([closed, stated])):
        parts.append("Where answers are missing, bands and intervals hold whatever those would have been.")
    return " ".join(parts)


def coverage_figure(frame: pd.DataFrame) -> Figure:
    """Draw share answered and accuracy of the answers against the stated t; accuracy should reach the diagonal."""
    import altair as alt
    import pandas as pd

    stated = stated_only(frame)
    if not len(stated):
        raise InputError("no prompt stated a target; run with --threshold 0,0.5,0.75,0.9")
    rows = []
    names = {"coverage": "share answered", "accuracy": "accuracy of those answered"}
    for (task, model, t), part in stated.groupby(["task", "model", "prompt_threshold"], sort=True):
        measured = _measure(part)
        where = {"panel": _panel(task, model), "t": float(str(t))}
        rates = measured.rates
        if rates is None:
            continue
        claims, items = rates.correct + rates.error, measured.items
        rows.append({**where, "what": names["coverage"], **_share(claims * items, rates.idk * items)})
        if claims:
            rows.append({**where, "what": names["accuracy"], **_share(rates.correct * items, rates.error * items)})
    if not rows:
        raise InputError("every answer to a prompt that states a target is missing: there is nothing to draw")
    data = pd.DataFrame(rows)
    shapes = alt.Scale(domain=list(names.values()), range=["circle", "square"])
    color = alt.Color("what:N", scale=alt.Scale(domain=list(names.values()), range=palette.series(2)), title=None)
    panels = []
    for panel in _panels(list(dict.fromkeys(data["panel"]))):
        base = alt.Chart(data[data["panel"] == panel]).encode(
            x=alt.X("t:Q", scale=alt.Scale(domain=[0, 1]), title="stated target t"),
            y=alt.Y("value:Q", scale=alt.Scale(domain=[0, 1]), title="share"),
            color=color,
        )
        bars = base.mark_rule().encode(y=alt.Y("low:Q", scale=alt.Scale(domain=[0, 1])), y2="high:Q")
        points = base.mark_point(filled=True, size=60, opacity=1).encode(
            shape=alt.Shape("what:N", scale=shapes, title=None)
        )
        layers = [diagonal(), bars, base.mark_line(strokeWidth=2), points]
        panels.append(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=panel))
    keys = [stated[column] for column in ("task", "model", "prompt_threshold")]
    fewest = int(stated["outcome"].isin(["correct", "error"]).groupby(keys).sum().min())
    caption = (
        f"The prompt states t (open), {_asked(stated)}, with 95% intervals. Accuracy is of the answered questions, at"
        f" least {fewest:,} of them, and missing where there are none. Below the dashed diagonal it answers more often"
        " than its confidence warrants."
    )
    return Figure(grid(panels), "How much it answers, and how often it is right", caption)


def reliability_figure(frame: pd.DataFrame) -> Figure:
    """Draw accuracy against confidence, in ten bins of equal width."""
    import altair as alt
    import pandas as pd

    rows, subtitles = [], {}
    for panel, part in _with_confidence(frame):
        p, y = part["confidence"].to_numpy(float), (part["outcome"] == "correct").to_numpy(float)
        subtitles[panel] = f"n = {len(part):,}, ECE {number(calibration.ece(p, y))}"
        rows += [{"panel": panel, **one._asdict()} for one in calibration.reliability(p, y)]
    data = pd.DataFrame(rows)
    panels = []
    for panel in _panels(list(subtitles)):
        base = alt.Chart(data[data["panel"] == panel]).encode(
            x=alt.X("confidence:Q", scale=alt.Scale(domain=[0, 1]), title="mean confidence"),
            y=alt.Y("accuracy:Q", scale=alt.Scale(domain=[0, 1]), title="accuracy"),
        )
        line = base.mark_line(color=palette.LIGHT.series[0], strokeWidth=1.5)
        size = alt.Size("n:Q", scale=alt.Scale(range=[30, 500]), legend=None)
        dots = base.mark_circle(color=palette.LIGHT.series[0], opacity=0.8).encode(size=size)
        sizes = base.mark_text(dy=-16, fontSize=10, color=palette.LIGHT.soft).encode(text="n:Q")
        title = alt.TitleParams(panel, subtitle=subtitles[panel])
        panels.append(alt.layer(diagonal(), line, dots, sizes).properties(width=WIDTH, height=HEIGHT, title=title))
    caption = (
        "Answers with a known confidence, in ten bins of equal width; the numbers count answers. On the dashed diagonal"
        " confidence equals accuracy; below it the model is overconfident. ECE: expected calibration error, biased"
        " upwards for small n."
    )
    return Figure(grid(panels), "Is its confidence earned?", caption)


def risk_figure(frame: pd.DataFrame) -> Figure:
    """Draw the share of wrong answers among the most confident ones against the share answered."""
    import altair as alt
    import pandas as pd

    orders = ["by its confidence", "best order"]
    rows, subtitles = [], {}
    for panel, part in _with_confidence(frame):
        p, y = part["confidence"].to_numpy(float), (part["outcome"] == "correct").to_numpy(float)
        subtitles[panel] = (
            f"n = {len(part):,}, AURC {number(calibration.aurc(p, y))} (best order {number(calibration.best_aurc(y))})"
        )
        for what, order in zip(orders, (p, y), strict=True):
            curve = calibration.risk_coverage(order, y)
            step = max(1, len(curve.risk) // 500)
            rows += [
                {"panel": panel, "what": what, "coverage": float(c), "risk": float(r)}
                for c, r in list(zip(curve.coverage, curve.risk, strict=True))[::-step][::-1]
            ]
    data = pd.DataFrame(rows)
    panels = []
    for panel in _panels(list(subtitles)):
        chart = (
            alt.Chart(data[data["panel"] == panel])
            .mark_line(strokeWidth=2)
            .encode(
                x=alt.X("coverage:Q", scale=alt.Scale(domain=[0, 1]), title="share answered, most confident first"),
                y=alt.Y("risk:Q", scale=alt.Scale(domain=[0, 1]), title="share wrong of those"),
                color=alt.Color("what:N", scale=alt.Scale(domain=orders, range=palette.series(2)), title=None),
                strokeDash=alt.StrokeDash(
                    "what:N", scale=alt.Scale(domain=orders, range=palette.dashes(len(orders))), legend=None
                ),
            )
        )
        title = alt.TitleParams(panel, subtitle=subtitles[panel])
        panels.append(chart.properties(width=WIDTH, height=HEIGHT, title=title))
    caption = (
        "Answers with a known confidence. The lower the curve on the left, the better confidence tells right from wrong"
        " answers; a flat curve means that it does not. AURC: area under the curve."
    )
    return Figure(grid(panels), "What refusing the unsure answers would save", caption)


def outcomes_figure(frame: pd.DataFrame) -> Figure:
    """Draw shares of correct, error, unparsed, IDK and missing by stratum and stated target."""
    import altair as alt
    import pandas as pd

    rows = []
    kinds = frame["outcome"].map({"correct": "correct", "error": "error", "idk": "IDK", "missing": "missing"})
    kinds = kinds.mask((frame["outcome"] == "error") & (frame["non_answer"] == "unparsed"), "unparsed (error)")
    strata = frame.groupby("task")["stratum"].transform("nunique")
    named = frame["stratum"].where(strata <= STRATA).fillna("all")
    split = frame.assign(kind=kinds, row=named, target=frame["prompt_threshold"].map(_target))
    for (task, model, row, target), part in split.groupby(["task", "model", "row", "target"], sort=False):
        start = 0.0
        for kind in MIX:
            share = float((part["kind"] == kind).mean())
            where = {"panel": _panel(task, model), "row": f"{one_line(str(row), 24)} ({len(part):,})", "target": target}
            rows.append({**where, "kind": kind, "start": start, "end": start + share})
            start += share
    data = pd.DataFrame(rows)
    panels = []
    for panel in _panels(list(dict.fromkeys(data["panel"]))):
        mine = data[data["panel"] == panel]
        chart = (
            alt.Chart(mine)
            .mark_bar()
            .encode(
                x=alt.X("start:Q", scale=alt.Scale(domain=[0, 1]), title="share of answers", axis=alt.Axis(format="%")),
                x2="end:Q",
                y=alt.Y("target:N", title=None, sort=sorted(set(mine["target"]), key=lambda t: (t != NO_TARGET, t))),
                row=alt.Row(
                    "row:N",
                    title=None,
                    spacing=6,
                    sort=list(dict.fromkeys(mine["row"])),
                    header=alt.Header(labelAngle=0, labelAlign="left", labelLimit=170),
                ),
                color=alt.Color("kind:N", scale=alt.Scale(domain=list(MIX), range=list(MIX.values())), title=None),
            )
        )
        panels.append(chart.properties(width=WIDTH, height=alt.Step(14), title=alt.TitleParams(panel, anchor="start")))
    merged = f" Tasks with more than {STRATA} strata are shown as a whole." if (strata > STRATA).any() else ""
    caption = (
        f"By stratum, with its number of answers at one target, and by the stated target; {_asked(frame)}.{merged}"
    )
    models = int(split.groupby("task")["model"].nunique().max())
    return Figure(grid(panels, columns=min(models, COLUMNS) if models > 1 else 2), "Outcomes of the answers", caption)


KINDS: dict[str, Callable[[Any], Figure]] = {
    "score": score_figure,
    "coverage": coverage_figure,
    "reliability": reliability_figure,
    "risk": risk_figure,
    "outcomes": outcomes_figure,
}
"""Name → figure of a table of records."""


def stated_only(frame: pd.DataFrame) -> pd.DataFrame:
    """Select the records whose prompt stated a target."""
    return frame[frame["prompt_threshold"].notna()]


def _conditions(frames: Sequence[pd.DataFrame]) -> Iterator[tuple[Any, pd.DataFrame]]:
    """The answers of each task, model and target."""
    for frame in frames:
        yield from frame.groupby(["task", "model", "prompt_threshold"], dropna=False)


def _measure(part: pd.DataFrame) -> Measurement:
    items = part["item"] if "item" in part else part["sample_id"]
    return Measurement.of_arrays(list(items), list(part["outcome"]), list(part["answerable"]))


def _normalized(measured: Measurement, ts: Sequence[float]) -> list[dict[str, float | None]]:
    """N_t = (1 − t)·S_t + t with its 95% interval; where answers are missing, with all that they leave open.

    With every answer missing there is no value, only what is left open.
    """
    rows: list[dict[str, float | None]] = []
    points: Sequence[Estimate | None] = measured.scores(ts) or [None] * len(ts)
    for t, one in zip(ts, points, strict=True):
        span = measured.span(t) if one is None or measured.missing_share > NOTABLE_MISSING else None
        low, high = (span.ci_low, span.ci_high) if span else (one.low, one.high) if one else (0.0, 0.0)
        value = None if one is None else normalized(one.value, t)
        rows.append({"value": value, "low": normalized(low, t), "high": normalized(high, t)})
    return rows


def _line_of(task: str, model: str, measured: Measurement) -> Iterator[dict[str, Any]]:
    for t, row in zip(GRID, _normalized(measured, GRID), strict=True):
        yield {"task": task, "model": model, "t": t, **row}


def _share(inside: float, outside: float) -> dict[str, float]:
    """A share with its 95% interval, of sums over items."""
    low, high = share_interval(inside, inside + outside)
    return {"value": inside / (inside + outside), "low": low, "high": high}


def _with_confidence(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    claims = frame[frame["outcome"].isin(["correct", "error"]) & frame["confidence"].notna()]
    if not len(claims):
        raise InputError("no answer has a confidence; run with --confidence logprob, verbal or vote")
    claims = claims.assign(target=claims["prompt_threshold"].map(_target))
    for (task, model, target), part in claims.groupby(["task", "model", "target"], sort=True):
        yield f"{_panel(task, model)}, {target}", part


def _target(t: Any) -> str:
    return NO_TARGET if t is None or t != t else target_label(float(t))  # noqa: PLR0124 - NaN is not itself


def _panel(task: Any, model: Any) -> str:
    return f"{task} · {model}"


def _panels(names: Sequence[str]) -> Sequence[str]:
    if len(names) > PANELS:
        raise UsageError(
            f"{len(names)} panels are more than {PANELS}; draw fewer runs, or choose with --task and --model"
        )
    return names


def _asked(frame: pd.DataFrame) -> str:
    sizes = sorted(set(frame.groupby(["task", "model", "prompt_threshold"], dropna=False).size()))
    return f"n = {sizes[0]:,} each" if len(sizes) == 1 else f"n = {sizes[0]:,} to {sizes[-1]:,} each"
