"""The list of runs: what `evalkit list runs` prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.display import Block, Printable, Table, one_line, shorten
from evalkit.errors import InputError
from evalkit.runs.folder import runs_below
from evalkit.runs.manifest import Manifest, read_manifest
from evalkit.runs.scorecard import Scorecard

if TYPE_CHECKING:
    import pandas as pd

NAMED = 2
"""Models or tasks of one run that are named; more are counted."""
UNTOLD = ("data", "grader")
"""Settings that differ from task to task and say little by themselves."""


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """One run."""

    run: str
    """Its path below the folder."""
    label: str
    models: list[str]
    tasks: list[str]
    n: int
    """Answers graded."""
    missing: int
    targets: list[float | None]
    """Confidence targets that its prompts stated; None: none."""
    settings: dict[str, str]
    """Those that are not the defaults."""
    status: str
    created: str
    tags: list[str]


@dataclass(frozen=True, kw_only=True)
class RunList(Printable):
    """Every run below a folder, newest first."""

    runs: list[RunRow]
    unreadable: list[str] = field(default_factory=list)
    """Why a run could not be read, a sentence each."""

    def blocks(self) -> list[Block]:
        """Return a row a run, and which could not be read."""
        labels, settings = any(run.label for run in self.runs), any(run.settings for run in self.runs)
        lacking = any(run.missing for run in self.runs)
        columns = [
            "run",
            *["label"] * labels,
            "model",
            "tasks",
            ">n",
            *[">missing"] * lacking,
            "target stated",
            "status",
        ]
        rows = [
            [
                one_line(run.run, 200), *[one_line(run.label, 100)] * labels, _some(run.models), _some(run.tasks),
                f"{run.n:,}", *[f"{run.missing:,}"] * lacking, _targets(run.targets), run.status,
            ]
            for run in self.runs
        ]  # fmt: skip
        if any(run.tags for run in self.runs):
            columns.append("tags")
            rows = [[*row, one_line(", ".join(run.tags), 100)] for row, run in zip(rows, self.runs, strict=True)]
        names = tuple(range(3 + labels))
        if settings:
            columns.append("settings")
            rows = [[*row, _settings(run.settings)] for row, run in zip(rows, self.runs, strict=True)]
        short = Table(
            columns=["run\nmodel", "tasks\nstatus", columns[3 + labels], "target\nstated"],
            rows=[_narrow(run, labels) for run in self.runs],
            names=(0, 1),
        )
        table: list[Block] = [Table(columns=columns, rows=rows, names=names, narrower=[[short]])] if rows else []
        return [*table, *(one_line(line, 200) for line in self.unreadable)]

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a run."""
        import pandas as pd

        return pd.DataFrame([vars(run) for run in self.runs])

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {"runs": [vars(run) for run in self.runs], "unreadable": self.unreadable}


def list_runs(folder: Path, tags: Sequence[str] = ()) -> RunList:
    """List every run below a folder, newest first; one that cannot be read is named with the reason.

    Args:
        folder: where runs are looked for.
        tags: only runs that have all of these.

    Raises:
        InputError: there is no such run.
    """
    folders = runs_below(folder)
    if not folders:
        raise InputError(f"no run below {folder}; start one with: evalkit run")
    runs, unreadable = [], []
    for path in folders:
        try:
            name = str(path.relative_to(folder)) if path != folder else path.resolve().name
            runs.append(_row(name, read_manifest(path)))
        except InputError as error:
            unreadable.append(str(error))
    runs = [run for run in runs if set(tags) <= set(run.tags)]
    if tags and not runs:
        raise InputError(f"no run below {folder} has the tag {', '.join(tags)}; evalkit runs tag gives it")
    return RunList(runs=sorted(runs, key=lambda run: run.created, reverse=True), unreadable=unreadable)


def _row(name: str, manifest: Manifest) -> RunRow:
    cards: Sequence[Scorecard] = [card for card in manifest.scorecards if card.policy is None]
    config = manifest.config
    models = list(dict.fromkeys(str(card.model) for card in cards))
    tasks = list(dict.fromkeys(str(card.task) for card in cards))
    targets = list(dict.fromkeys(card.prompt_threshold for card in cards))
    settings = {key: value for card in cards for key, value in card.condition.settings.items() if key not in UNTOLD}
    return RunRow(
        run=name,
        label=manifest.label,
        models=models or ([config.full_model] if config else []),
        tasks=tasks or (list(config.tasks) if config else []),
        n=sum(card.n for card in cards),
        missing=sum(card.missing.total for card in cards),
        targets=targets or (list(config.thresholds) if config else []),
        settings=settings,
        status=manifest.status if manifest.kind == "run" else manifest.kind,
        created=manifest.created,
        tags=manifest.tags,
    )


def _narrow(run: RunRow, labels: bool) -> list[str]:
    """A run in four cells of two or three lines: no setting fits beside them."""
    label = [one_line(run.label, 100)] if labels and run.label else []
    settings = [one_line(_settings(run.settings), 40)] if run.settings else []
    lines = [one_line(run.run, 200), _some(run.models), *label, *settings]
    lacking = [f"{run.missing:,} missing"] if run.missing else []
    return [
        "\n".join(lines),
        "\n".join([_some(run.tasks), run.status]),
        "\n".join([f"{run.n:,}", *lacking]),
        _targets(run.targets),
    ]


def _some(names: Sequence[str]) -> str:
    shown = [shorten(one_line(name, 200), 60) for name in names[:NAMED]]
    return ", ".join([*shown, *([f"{len(names) - NAMED} more"] if len(names) > NAMED else [])])


def _targets(targets: Sequence[float | None]) -> str:
    """All of them in few words: "none", "0.5", "none, 0 … 0.9 (4)"."""
    stated = sorted(t for t in targets if t is not None)
    parts = ["none"] * (None in targets)
    if len(stated) > NAMED:
        parts.append(f"{stated[0]:g} … {stated[-1]:g} ({len(stated)})")
    else:
        parts += [f"{t:g}" for t in stated]
    return ", ".join(parts)


def _settings(settings: dict[str, str]) -> str:
    return one_line(", ".join(f"{key}={value}" for key, value in settings.items()), 120)
