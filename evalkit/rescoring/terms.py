"""How files are rescored: what the user asked for, and what it resolves to."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.dataset.source import Limits, Preference, Source
from evalkit.errors import SettingError, UsageError
from evalkit.grading.grade import parse_count_as
from evalkit.models.roles import Role, read_roles, without_settings
from evalkit.plugins import BoundGrader, make_grader
from evalkit.readers.base import Verdict
from evalkit.readers.gold import Targets, read_targets
from evalkit.records import NonAnswer, Outcome
from evalkit.runs.scorecard import DEFAULT_THRESHOLDS
from evalkit.runs.selective import Policy

VERDICTS: dict[str, Verdict] = {
    "correct": "right", "right": "right", "error": "wrong", "wrong": "wrong", "idk": "idk", "failed": "failed",
    "partial": "partial",
}  # fmt: skip
"""What `--verdict MARK=…` takes."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the user asked for; the defaults leave everything to the files."""

    thresholds: Sequence[float] = DEFAULT_THRESHOLDS
    """Where answers without a stated target are scored, each in [0, 1)."""
    format: str = "auto"
    """Name of a reader, or file.py::name."""
    mapping: Mapping[str, str] = field(default_factory=dict)
    """Field → column, for a format without a reader."""
    targets: Path | None = None
    """File of gold answers."""
    verdicts: Mapping[str, str] = field(default_factory=dict)
    """Mark in the file → correct, error, idk or failed."""
    scorer: str = ""
    """Which of several scorers to take the verdict from."""
    metric: str = ""
    """Which of several metrics to take the verdict from."""
    filter: str = ""
    """Which of several filters to take the answer from."""
    model: str = ""
    """Name of the model, whatever the files say."""
    task: str = ""
    """Name of the task, whatever the files say."""
    count_as: Mapping[str, str] = field(default_factory=dict)
    """Kind of non-answer → error or idk."""
    regrade: str = ""
    """Grader that grades afresh."""
    extract: str = ""
    """Regular expression; the first group of its last match is the answer."""
    pass_mark: float | None = None
    """Score from which an answer is right, for formats with scores."""
    policy: Policy | None = None
    """Abstention applied afterwards, scored beside the answers as they are."""
    grader_parameters: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the grader that grades afresh, and settings of the models that it asks."""
    max_connections: int = 10
    """Rows graded afresh at a time, at least 1."""
    skip_bad: bool = False
    """Count rows that cannot be read, are ungraded or contradict others, instead of stopping."""
    strict: bool = False
    """Stop at the first file that cannot be read, instead of setting it aside and reading the others."""
    rows: str = ""
    """Where in a file the rows are: keys joined by dots, or the name of a sheet or table."""
    limits: Mapping[str, str] = field(default_factory=dict)
    """Limit → number: rows, cells, expansion."""
    keep_questions: bool = False
    """Copy each question into its record, instead of reading it from the file when it is shown."""

    def open(self, path: Path) -> Source:
        """Open a file to be read under these terms."""
        return Source(
            path,
            skip_bad=self.skip_bad,
            preference=Preference(scorer=self.scorer, metric=self.metric, filter=self.filter, pass_mark=self.pass_mark),
            rows=self.rows,
            limits=Limits.of(self.limits),
        )


def _ignore(_: int) -> None:
    """Show no progress."""


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """Terms after every name, pattern and file in them was looked up."""

    terms: Terms
    count_as: Mapping[NonAnswer, Outcome]
    marks: Mapping[str, Verdict]
    targets: Targets | None
    grader: tuple[str, BoundGrader] | None
    """The grader of `--regrade` with its name."""
    pattern: re.Pattern[str] | None
    roles: Mapping[str, Role] = field(default_factory=dict)
    """Models that the grader asks, by role."""
    progress: Callable[[int], None] = _ignore
    """Told how many more rows were graded afresh."""


def resolve(terms: Terms, progress: Callable[[int], None] = _ignore) -> Resolved:
    """Look up what the terms name.

    Args:
        terms: what the user asked for.
        progress: told how many more rows were graded afresh.

    Raises:
        UsageError: an outcome, kind, grader or pattern is invalid.
        InputError: the file of gold answers cannot be read.
    """
    return Resolved(
        terms=terms,
        count_as=parse_count_as(dict(terms.count_as)),
        marks=_marks(terms.verdicts),
        targets=read_targets(terms.targets) if terms.targets else None,
        grader=_grader(terms),
        pattern=_pattern(terms.extract),
        roles=read_roles(terms.grader_parameters),
        progress=progress,
    )


def _grader(terms: Terms) -> tuple[str, BoundGrader] | None:
    if terms.max_connections < 1:
        raise SettingError("max_connections", "is {n}: at least 1", n=terms.max_connections)
    if terms.regrade:
        return make_grader(terms.regrade, without_settings(terms.grader_parameters))
    if terms.grader_parameters:
        raise UsageError("-G sets a parameter of the grader that grades again; give --regrade GRADER too")
    return None


def _marks(given: Mapping[str, str]) -> dict[str, Verdict]:
    for mark, outcome in given.items():
        if outcome not in VERDICTS:
            raise UsageError(f"--verdict {mark}={outcome}: an outcome is one of {', '.join(sorted(VERDICTS))}")
    return {mark: VERDICTS[outcome] for mark, outcome in given.items()}


def _pattern(text: str) -> re.Pattern[str] | None:
    try:
        pattern = re.compile(text) if text else None
    except re.error as error:
        raise UsageError(f"--extract {text!r} is not a regular expression ({error})") from error
    if pattern is not None and pattern.groups < 1:
        raise UsageError(f"--extract {text!r} needs a group in round brackets: the answer")
    return pattern
