"""How files are rescored: what the user asked for, and what it resolves to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.dataset.source import Source
from evalkit.errors import UsageError
from evalkit.grading.grade import parse_count_as
from evalkit.plugins import BoundGrader, make_grader
from evalkit.readers.base import Verdict
from evalkit.readers.gold import Targets, read_targets
from evalkit.records import NonAnswer, Outcome
from evalkit.runs.scorecard import DEFAULT_THRESHOLDS
from evalkit.runs.selective import Policy

VERDICTS: dict[str, Verdict] = {
    "correct": "right", "right": "right", "error": "wrong", "wrong": "wrong", "idk": "idk", "failed": "failed",
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
    """Which of several verdicts to take."""
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
    skip_bad: bool = False
    """Count rows that cannot be read instead of stopping."""

    def open(self, path: Path) -> Source:
        """Open a file to be read under these terms."""
        return Source(path, skip_bad=self.skip_bad, scorer=self.scorer, pass_mark=self.pass_mark)


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


def resolve(terms: Terms) -> Resolved:
    """Look up what the terms name.

    Raises:
        UsageError: an outcome, kind, grader or pattern is invalid.
        InputError: the file of gold answers cannot be read.
    """
    return Resolved(
        terms=terms,
        count_as=parse_count_as(dict(terms.count_as)),
        marks=_marks(terms.verdicts),
        targets=read_targets(terms.targets) if terms.targets else None,
        grader=make_grader(terms.regrade) if terms.regrade else None,
        pattern=_pattern(terms.extract),
    )


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
