"""Figures from records: each says its n and whether the model was told what a mistake costs.

Colours are Okabe and Ito's, which the colour-blind tell apart.
"""

from __future__ import annotations

import base64
import hashlib
import textwrap
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from evalkit.errors import InputError, UsageError
from evalkit.extras import requires
from evalkit.metrics import calibration
from evalkit.metrics.intervals import share_interval
from evalkit.metrics.measurement import Measurement, normalized
from evalkit.report.escape import one_line
from evalkit.report.table import NOTABLE_MISSING, number

if TYPE_CHECKING:
    import pandas as pd

COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B37700", "#2E8BC0", "#6E6E6E", "#000000"]
MIX = {"correct": "#009E73", "error": "#D55E00", "unparsed (error)": "#E69F00", "IDK": "#56B4E9", "missing": "#8A939E"}
DASHES = [[1, 0], [8, 3], [3, 3], [10, 3, 2, 3]]
"""Lines that coincide are told apart by their gaps."""
DEFAULTS: dict[str, Any] = {"label": "", "answerable": True}
"""Of columns that a table of one's own may lack."""
GRID = [k / 50 for k in range(50)]
WIDTH, HEIGHT, COLUMNS, PANELS = 300, 220, 3, 24
STRATA = 8
"""Of a task, up to which each has a row of its own; more would be bars of two or three answers."""
BANDS = 3
"""Models a panel up to which intervals are drawn as bands; more would hide each other."""
FORMATS = (".png", ".svg", ".html")


class Figure(NamedTuple):
    """A chart and what it shows in words."""

    chart: Any
    title: str
    caption: str


def score_figure(frame: pd.DataFrame) -> Figure:
    """N_t against t, which orders as S_t does: lines where nothing was told (closed), diamonds where t was (open)."""
    import altair as alt
    import pandas as pd

    names = ["task", "model", "t", "value", "low", "high"]
    closed, told = frame[frame["prompt_threshold"].isna()], told_only(frame)
    lines = [
        row
        for (task, model), part in closed.groupby(["task", "model"], sort=True)
        for row in _line_of(str(task), str(model), _measure(part))
    ]
    points = [
        {"task": task, "model": model, "t": float(str(t)), **_normalized(_measure(part), [float(str(t))])[0]}
        for (task, model, t), part in told.groupby(["task", "model", "prompt_threshold"], sort=True)
    ]
    curves, dots = pd.DataFrame(lines, columns=names), pd.DataFrame(points, columns=names)
    shown = sorted(set(frame["model"]))
    colours = alt.Scale(domain=shown, range=_cycle(len(shown)))
    dashes = alt.Scale(domain=shown, range=[DASHES[k % len(DASHES)] for k in range(len(shown))])
    colour = alt.Color("model:N", scale=colours, legend=alt.Legend(symbolType="stroke", symbolOpacity=1), title=None)
    x = alt.X("t:Q", scale=alt.Scale(domain=[-0.02, 1], nice=False), title="confidence target t")
    unit = alt.Scale(domain=[0, 1])
    y, ends = alt.Y("value:Q", scale=unit, title="N = (1 − t)·S + t"), alt.Y("low:Q", scale=unit)
    panels = []
    for task in _panels(sorted(set(frame["task"]))):
        mine, theirs = curves[curves["task"] == task], dots[dots["task"] == task]
        layers = [_never()]
        if len(shown) <= BANDS:
            layers.append(alt.Chart(mine).mark_area(opacity=0.15).encode(x=x, y=ends, y2="high:Q", color=colour))
        dash = alt.StrokeDash("model:N", scale=dashes, legend=None)
        layers += [
            alt.Chart(mine).mark_line(strokeWidth=2).encode(x=x, y=y, color=colour, strokeDash=dash),
            alt.Chart(theirs).mark_rule().encode(x=x, y=ends, y2="high:Q", color=colour),
            alt.Chart(theirs)
            .mark_point(shape="diamond", filled=True, size=70, opacity=1)
            .encode(x=x, y=y, color=colour),
        ]
        panels.append(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=task))
    return Figure(_grid(panels), "Score against the confidence target", _score_caption(closed, told, len(shown)))


def _score_caption(closed: pd.DataFrame, told: pd.DataFrame, models: int) -> str:
    meaning = (
        "N, the score S brought to [0, 1]: it orders as S does, and of fixed answers it is a straight line from their"
        " accuracy to 1 − error rate. Dotted: never answering (S = 0)."
    )
    parts = [meaning]
    if len(closed):
        bands = ", with 95% bands" if models <= BANDS else ""
        parts.append(f"Lines: answers of models that were told nothing (closed), {_asked(closed)}{bands}.")
    if len(told):
        parts.append(f"Diamonds: told that t (open), {_asked(told)}, with 95% intervals.")
    return " ".join(parts)


def coverage_figure(frame: pd.DataFrame) -> Figure:
    """Share answered, and accuracy of the answers, against the stated t; accuracy has to reach the diagonal."""
    import altair as alt
    import pandas as pd

    told = told_only(frame)
    if not len(told):
        raise InputError("no answer was told a target; run with --threshold 0,0.5,0.75,0.9")
    rows = []
    names = {"coverage": "share answered", "accuracy": "accuracy of those answered"}
    for (task, model, t), part in told.groupby(["task", "model", "prompt_threshold"], sort=True):
        measured = _measure(part)
        where = {"panel": _panel(task, model), "t": float(str(t))}
        rates = measured.rates
        if rates is None:
            continue
        claims, items = rates.correct + rates.error, measured.items
        rows.append({**where, "what": names["coverage"], **_share(claims * items, rates.idk * items)})
        if claims:
            rows.append({**where, "what": names["accuracy"], **_share(rates.correct * items, rates.error * items)})
    data = pd.DataFrame(rows)
    shapes = alt.Scale(domain=list(names.values()), range=["circle", "square"])
    colour = alt.Color("what:N", scale=alt.Scale(domain=list(names.values()), range=COLOURS[:2]), title=None)
    panels = []
    for panel in _panels(list(dict.fromkeys(data["panel"]))):
        base = alt.Chart(data[data["panel"] == panel]).encode(
            x=alt.X("t:Q", scale=alt.Scale(domain=[0, 1]), title="stated target t"),
            y=alt.Y("value:Q", scale=alt.Scale(domain=[0, 1]), title="share"),
            color=colour,
        )
        bars = base.mark_rule().encode(y=alt.Y("low:Q", scale=alt.Scale(domain=[0, 1])), y2="high:Q")
        points = base.mark_point(filled=True, size=60, opacity=1).encode(
            shape=alt.Shape("what:N", scale=shapes, title=None)
        )
        layers = [_diagonal(), bars, base.mark_line(strokeWidth=2), points]
        panels.append(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=panel))
    keys = [told[column] for column in ("task", "model", "prompt_threshold")]
    fewest = int(told["outcome"].isin(["correct", "error"]).groupby(keys).sum().min())
    caption = (
        f"Told t (open), {_asked(told)}, with 95% intervals; accuracy is of those answered, at the fewest {fewest}, and"
        " missing where none was. Below the dashed diagonal it is confidence that was not earned."
    )
    return Figure(_grid(panels), "What it answers, and how often it is right", caption)


def reliability_figure(frame: pd.DataFrame) -> Figure:
    """Accuracy against stated confidence, in ten bins of equal width."""
    import altair as alt
    import pandas as pd

    rows, said = [], {}
    for panel, part in _with_confidence(frame):
        p, y = part["confidence"].to_numpy(float), (part["outcome"] == "correct").to_numpy(float)
        said[panel] = f"n = {len(part):,}, ECE {number(calibration.ece(p, y))}"
        rows += [{"panel": panel, **one._asdict()} for one in calibration.reliability(p, y)]
    data = pd.DataFrame(rows)
    panels = []
    for panel in _panels(list(said)):
        base = alt.Chart(data[data["panel"] == panel]).encode(
            x=alt.X("confidence:Q", scale=alt.Scale(domain=[0, 1]), title="mean confidence"),
            y=alt.Y("accuracy:Q", scale=alt.Scale(domain=[0, 1]), title="accuracy"),
        )
        line = base.mark_line(color=COLOURS[0], strokeWidth=1.5)
        size = alt.Size("n:Q", scale=alt.Scale(range=[30, 500]), legend=None)
        dots = base.mark_circle(color=COLOURS[0], opacity=0.8).encode(size=size)
        sizes = base.mark_text(dy=-16, fontSize=10, color="#59636e").encode(text="n:Q")
        title = alt.TitleParams(panel, subtitle=said[panel])
        panels.append(alt.layer(_diagonal(), line, dots, sizes).properties(width=WIDTH, height=HEIGHT, title=title))
    caption = (
        "Claims with a known confidence, in ten bins of equal width; the numbers are answers. On the"
        " dashed diagonal confidence is what it claims to be; below it is overconfident. ECE is biased upwards for"
        " small n."
    )
    return Figure(_grid(panels), "Is its confidence earned?", caption)


def risk_figure(frame: pd.DataFrame) -> Figure:
    """Share of wrong answers among the k most confident, against the share answered."""
    import altair as alt
    import pandas as pd

    orders = ["by its confidence", "best order"]
    rows, said = [], {}
    for panel, part in _with_confidence(frame):
        p, y = part["confidence"].to_numpy(float), (part["outcome"] == "correct").to_numpy(float)
        said[panel] = (
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
    for panel in _panels(list(said)):
        chart = (
            alt.Chart(data[data["panel"] == panel])
            .mark_line(strokeWidth=2)
            .encode(
                x=alt.X("coverage:Q", scale=alt.Scale(domain=[0, 1]), title="share answered, most confident first"),
                y=alt.Y("risk:Q", scale=alt.Scale(domain=[0, 1]), title="share wrong of those"),
                color=alt.Color("what:N", scale=alt.Scale(domain=orders, range=COLOURS[:2]), title=None),
                strokeDash=alt.StrokeDash(
                    "what:N", scale=alt.Scale(domain=orders, range=[[1, 0], [5, 4]]), legend=None
                ),
            )
        )
        title = alt.TitleParams(panel, subtitle=said[panel])
        panels.append(chart.properties(width=WIDTH, height=HEIGHT, title=title))
    caption = (
        "Claims with a known confidence. The lower the curve on the left, the better its confidence tells right from"
        " wrong; a flat one tells nothing."
    )
    return Figure(_grid(panels), "What refusing the unsure answers would save", caption)


def outcomes_figure(frame: pd.DataFrame) -> Figure:
    """Shares of correct, error, unparsed and IDK by stratum and by what was told."""
    import altair as alt
    import pandas as pd

    rows = []
    kinds = frame["outcome"].map({"correct": "correct", "error": "error", "idk": "IDK", "missing": "missing"})
    kinds = kinds.mask((frame["outcome"] == "error") & (frame["non_answer"] == "unparsed"), "unparsed (error)")
    strata = frame.groupby("task")["stratum"].transform("nunique")
    named = frame["stratum"].where(strata <= STRATA).fillna("all")
    split = frame.assign(kind=kinds, row=named, told=frame["prompt_threshold"].map(_told))
    for (task, model, row, told), part in split.groupby(["task", "model", "row", "told"], sort=False):
        start = 0.0
        for kind in MIX:
            share = float((part["kind"] == kind).mean())
            where = {"panel": _panel(task, model), "row": f"{one_line(str(row), 24)} ({len(part):,})", "told": told}
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
                y=alt.Y("told:N", title=None, sort=sorted(set(mine["told"]), key=lambda t: (t != "nothing", t))),
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
    merged = f" Tasks of over {STRATA} strata are shown whole." if (strata > STRATA).any() else ""
    caption = f"By stratum, with its number of answers at one target, and by what was told; {_asked(frame)}.{merged}"
    models = int(split.groupby("task")["model"].nunique().max())
    return Figure(
        _grid(panels, columns=min(models, COLUMNS) if models > 1 else 2), "What became of its answers", caption
    )


KINDS: dict[str, Callable[[Any], Figure]] = {
    "score": score_figure,
    "coverage": coverage_figure,
    "reliability": reliability_figure,
    "risk": risk_figure,
    "outcomes": outcomes_figure,
}
"""Name → figure of a table of records."""


def make_figure(kind: str, frame: pd.DataFrame) -> Figure:
    """Draw a figure of a table of records; answers of one condition are put together, conditions stand apart.

    Args:
        kind: a name of `KINDS`.
        frame: as `evalkit.load` gives it.

    Raises:
        MissingExtraError: altair is not installed.
        InputError: the records do not hold what the figure shows.
        UsageError: more panels than a page holds.
    """
    with requires("plot"):
        import altair as alt  # noqa: F401 - only to say at once that it is missing
        import vl_convert  # noqa: F401 - likewise
    if not len(frame):
        raise InputError("no answers, and nothing to draw")
    # A copied run holds the same answers, which took the same time; they count once.
    same = ["task", "model", "condition", "prompt_threshold", "sample_id", "epoch", "outcome", "text", "latency"]
    kept = frame.drop_duplicates([column for column in same if column in frame.columns])
    kept = kept.assign(**{name: value for name, value in DEFAULTS.items() if name not in kept.columns})
    names = [f"{model} [{label}]" if label else model for model, label in zip(kept["model"], kept["label"], strict=True)]
    tasks = kept["task"].map(lambda text: one_line(str(text), 40))
    return KINDS[kind](kept.assign(task=tasks, model=[one_line(str(name), 40) for name in names]))


def save(figure: Figure, path: Path) -> None:
    """Write it as PNG, SVG or a page that loads nothing and runs nothing, by the path's ending.

    Raises:
        UsageError: another ending, or the path cannot be written.
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"-o {path}: a figure ends in {', '.join(FORMATS)}")
    import vl_convert

    spec = _finished(figure).to_dict()
    try:
        if path.suffix.lower() == ".png":
            path.write_bytes(vl_convert.vegalite_to_png(spec, scale=2))
            return
        svg = vl_convert.vegalite_to_svg(spec)
        path.write_text(svg if path.suffix.lower() == ".svg" else _page(figure, svg), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"-o {path} cannot be written ({error.strerror})") from error


def told_only(frame: pd.DataFrame) -> pd.DataFrame:
    """The records whose prompt stated a target."""
    return frame[frame["prompt_threshold"].notna()]


def _finished(figure: Figure) -> Any:
    import altair as alt

    lines = textwrap.wrap(figure.caption, 110)
    title = alt.TitleParams(figure.title, subtitle=lines, anchor="start", fontSize=16, subtitleFontSize=11, offset=16)
    return (
        figure.chart.properties(title=title, padding=14)
        .configure(background="white", font="sans-serif")
        .configure_view(stroke=None)
        .configure_axis(
            grid=True, gridColor="#e8ebef", domainColor="#8a939e", tickColor="#8a939e", titleFontWeight="normal"
        )
        .configure_title(subtitleColor="#59636e")
        .configure_legend(labelLimit=260, orient="bottom", columns=4, symbolStrokeWidth=3)
    )


def _page(figure: Figure, svg: str) -> str:
    """The picture as an image: nothing in it can run."""
    style = "body{font:16px system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}img{max-width:100%}"
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'"
    data = base64.b64encode(svg.encode()).decode()
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(figure.title)}</title><style>{style}</style></head>\n"
        f'<body><img alt="{escape(figure.title)}. {escape(figure.caption)}" src="data:image/svg+xml;base64,{data}">'
        "</body></html>\n"
    )


def _measure(part: pd.DataFrame) -> Measurement:
    return Measurement.of_arrays(list(part["sample_id"]), list(part["outcome"]), list(part["answerable"]))


def _normalized(measured: Measurement, ts: Sequence[float]) -> list[dict[str, float]]:
    """N_t = (1 − t)·S_t + t with its 95% interval; where answers are missing, with all that they leave open."""
    rows = []
    for t, one in zip(ts, measured.scores(ts), strict=False):
        span = measured.span(t) if measured.missing_share > NOTABLE_MISSING else None
        low, high = (span.ci_low, span.ci_high) if span else (one.low, one.high)
        values = {"value": one.value, "low": low, "high": high}
        rows.append({name: normalized(value, t) for name, value in values.items()})
    return rows


def _line_of(task: str, model: str, measured: Measurement) -> Iterator[dict[str, Any]]:
    for t, row in zip(GRID, _normalized(measured, GRID), strict=False):
        yield {"task": task, "model": model, "t": t, **row}


def _share(inside: float, outside: float) -> dict[str, float]:
    """A share with its 95% interval, of sums over items."""
    low, high = share_interval(inside, inside + outside)
    return {"value": inside / (inside + outside), "low": low, "high": high}


def _with_confidence(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    claims = frame[frame["outcome"].isin(["correct", "error"]) & frame["confidence"].notna()]
    if not len(claims):
        raise InputError("no answer has a confidence; run with --confidence logprob, verbal or vote")
    claims = claims.assign(told=claims["prompt_threshold"].map(_told))
    for (task, model, told), part in claims.groupby(["task", "model", "told"], sort=True):
        yield f"{_panel(task, model)}, told {told}", part


def _told(t: Any) -> str:
    return "nothing" if t is None or t != t else f"t = {t:g}"  # noqa: PLR0124 - NaN is not itself


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


def _cycle(n: int) -> list[str]:
    return [COLOURS[k % len(COLOURS)] for k in range(n)]


def _diagonal() -> Any:
    import altair as alt
    import pandas as pd

    ends = pd.DataFrame({"x": [0, 1], "y": [0, 1]})
    return alt.Chart(ends).mark_line(color="#8a939e", strokeDash=[5, 4], strokeWidth=1.2).encode(x="x:Q", y="y:Q")


def _never() -> Any:
    """S = 0, which is N = t."""
    import altair as alt
    import pandas as pd

    ends = pd.DataFrame({"t": [0.0, 1.0], "value": [0.0, 1.0]})
    return alt.Chart(ends).mark_line(color="#6b7480", strokeDash=[2, 4], strokeWidth=1.4).encode(x="t:Q", y="value:Q")


def _grid(panels: Sequence[Any], columns: int = COLUMNS) -> Any:
    import altair as alt

    return alt.concat(*panels, columns=min(columns, len(panels))).resolve_scale(color="shared", size="shared")
