"""`evalkit plot`: figures of runs and of results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from evalkit.analysis.collection import canonical
from evalkit.display import Printable, one_line, shorten
from evalkit.errors import InputError, UsageError
from evalkit.extras import requires
from evalkit.report import learning, theory
from evalkit.report.figures import Figure
from evalkit.report.record_figures import KINDS
from evalkit.runs.folder import DEFAULT_FOLDER, find_run
from evalkit.runs.load import load
from evalkit.theory.learning import PosttrainStudy

if TYPE_CHECKING:
    import pandas as pd

DEFAULTS: dict[str, Any] = {"label": "", "answerable": True, "question": None}
"""Of columns that a table of one's own may lack."""


@runtime_checkable
class Drawable(Protocol):
    """A result that has a figure of its own."""

    def figure(self) -> Figure:
        """Draw it."""


def plot(
    what: str | Printable, *runs: str | Path, tasks: Sequence[str] = (), models: Sequence[str] = (),
    out: str | Path = DEFAULT_FOLDER,
) -> Figure:  # fmt: skip
    """Draw a figure of runs, or of a result of `evalkit.open_rubric`, `evalkit.is_it_valid` or `evalkit.theory`.

    Args:
        what: `score`, `coverage`, `reliability`, `risk`, `outcomes`; or a result.
        runs: run folders, names below `out`, or folders that hold runs; default all below `out`.
        tasks: only these; default all.
        models: only these; default all.
        out: where runs are looked for by name.

    Returns:
        The figure: `.save(path)` writes PNG, SVG or HTML by the path's ending, `.chart` is the altair chart, and
        `.to_dataframe()` has the numbers drawn.

    Raises:
        MissingExtraError: the plot extra is not installed.
        UsageError: no such kind, a result without a figure, or more panels than a page holds.
        InputError: no such run, task or model, or the records do not hold what the figure shows.
    """
    check_extra()
    if not isinstance(what, str):
        return _result_figure(what)
    if what not in KINDS:
        raise UsageError(f"unknown figure {what!r}; known: {', '.join(KINDS)}")
    frame = load(*(_folder(run, out) for run in runs or (out,)), missing=True)
    for column, names in (("task", tasks), ("model", models)):
        if names:
            known = sorted(set(frame[column]))
            if missing := sorted(set(names) - set(known)):
                raise InputError(f"no answer of {column} {missing[0]!r}; there are {', '.join(known)}")
            frame = frame[frame[column].isin(names)]
    return make_figure(what, frame)


def _result_figure(result: Printable) -> Figure:
    if isinstance(result, theory.STUDIES):
        return theory.study_figure(result)
    if isinstance(result, PosttrainStudy):
        return learning.posttrain_figure(result)
    if isinstance(result, Drawable):
        return result.figure()
    raise UsageError(f"{type(result).__name__} has no figure")


def check_extra() -> None:
    """Say at once that the libraries that draw are missing.

    Raises:
        MissingExtraError: the plot extra is not installed.
    """
    with requires("plot"):
        import altair as alt  # noqa: F401 - only to see whether it is there
        import vl_convert  # noqa: F401 - likewise


def _folder(run: str | Path, out: str | Path) -> Path:
    """A run's folder, or a folder of runs as it is."""
    return Path(run) if Path(run).is_dir() else find_run(run, out)


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
    check_extra()
    if not len(frame):
        raise InputError("these runs hold no answers to draw")
    # A copied run holds the same answers, which took the same time, and the same failures; they count once.
    same = [
        "task", "model", "condition", "prompt_threshold", "sample_id", "question", "epoch", "outcome", "text", "reason",
        "latency",
    ]  # fmt: skip
    kept = frame.drop_duplicates([column for column in same if column in frame.columns])
    kept = kept.assign(**{name: value for name, value in DEFAULTS.items() if name not in kept.columns})
    models = kept["model"].map({model: canonical(str(model)) for model in kept["model"].unique()})
    names = [f"{model} [{label}]" if label else model for model, label in zip(models, kept["label"], strict=True)]
    ids = zip(kept["sample_id"], kept["question"], strict=True)
    items = [f"{id_}\0{question}" if isinstance(question, str) else str(id_) for id_, question in ids]
    tasks = kept["task"].map(lambda text: one_line(str(text), 40))
    return KINDS[kind](
        kept.assign(task=tasks, item=items, model=[shorten(one_line(str(name), 400), 40) for name in names])
    )
