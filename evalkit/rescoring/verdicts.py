"""What the verdicts of one file mean: as its format defines, as the user says, or unknown.

An unknown mark, or a score without a mark to pass, is never right or wrong by default. Scores are told by all of a
file: 0 and 1 alone are wrong and right, but among a 7 and a 10 they are points on a scale. Likewise C: beside A and B
it is a grade of three, not Inspect's "correct".
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from evalkit.dataset.source import Preference
from evalkit.errors import InputError
from evalkit.readers.base import ForeignRow, Verdict

LETTERS = frozenset("ABCDEF")
"""Grades of schemes whose C is not "correct"."""
LISTED = 8
"""Marks that an error lists."""
_DIGITS: Mapping[str, Verdict] = {"0": "wrong", "1": "right", "0.0": "wrong", "1.0": "right"}
_WHERE_UNANSWERABLE: Mapping[Verdict, Verdict] = {"right": "idk", "partial": "wrong"}


class UnsettledError(InputError):
    """A file has verdicts whose meaning nobody has said; the text names them and the option that settles it.

    Args:
        text: one line.
        scorers: those whose 0 and 1, or whose C, are not what they seem.
    """

    def __init__(self, text: str, scorers: frozenset[str]) -> None:
        super().__init__(text)
        self.scorers = scorers

    def __reduce__(self) -> tuple[type[UnsettledError], tuple[str, frozenset[str]]]:
        """Pickle with both arguments: it may be raised in a process of its own."""
        return UnsettledError, (str(self), self.scorers)


class Meaning(NamedTuple):
    """What a row's verdict means."""

    verdict: Verdict | None
    """None where the row holds none, or one that is unknown."""
    unknown: str = ""
    """What is unknown; "" where the row holds no verdict at all."""


@dataclass
class _Scale:
    """Scores of one scorer."""

    n: int = 0
    low: float = math.inf
    high: float = -math.inf
    is_binary: bool = True
    """Whether all of them are 0 or 1."""

    def add(self, score: float) -> None:
        self.n += 1
        self.is_binary &= score in (0, 1)
        self.low, self.high = min(self.low, score), max(self.high, score)


@dataclass(kw_only=True)
class Verdicts:
    """The verdicts of one file, settled row by row; what could not be settled is known at the end."""

    marks: Mapping[str, Verdict]
    """The user's: mark → meaning."""
    preference: Preference
    unsettled: frozenset[str] = frozenset()
    """Scorers of which an earlier reading has found that their 0 and 1, or their C, are not what they seem."""
    on_scale: frozenset[str] = frozenset()
    """Scorers whose scores are 0 and 1 here, and points on a scale in another file of the call."""
    met: set[str] = field(default_factory=set)
    """Marks of the user's that the file has."""
    seen: dict[str, Counter[str]] = field(default_factory=dict)
    """Scorer → marks, as written."""
    _undefined: dict[str, Counter[str]] = field(default_factory=dict)
    """Scorer → marks that its format does not define."""
    _scales: dict[str, _Scale] = field(default_factory=dict)

    def settle(self, row: ForeignRow) -> Meaning:
        """Tell what the verdict of a row means; on an unanswerable question, what is right is an abstention.

        Args:
            row: the next of the file.
        """
        meaning = self._settle(row)
        return meaning if meaning.verdict is None else Meaning(in_view_of_answerable(row, meaning.verdict))

    def _settle(self, row: ForeignRow) -> Meaning:
        mark = row.mark.strip()
        if mark:
            self.seen.setdefault(row.by, Counter())[mark] += 1
            if row.verdict is None and row.score is None:
                self._undefined.setdefault(row.by, Counter())[mark] += 1
            if (said := self._said(mark)) is not None:
                return Meaning(said)
        if row.verdict is not None and mark in _DIGITS and row.verdict == _DIGITS[mark]:
            return self._settle_score(row.by, float(mark))
        if row.verdict is not None:
            is_grade = mark in LETTERS and row.by in self.unsettled
            return Meaning(None, f"{_of(row.by)}{mark}: an unknown mark") if is_grade else Meaning(row.verdict)
        if row.score is not None:
            return self._settle_score(row.by, row.score)
        if not mark:
            return Meaning(None)
        return Meaning(None, f"{_of(row.by)}{mark}: an unknown mark")

    def with_credit(self, row: ForeignRow) -> ForeignRow:
        """Return a row with its score as credit where there is a mark to pass, 0 and 1 included.

        Args:
            row: one without a mark; others are returned as they are. With a mark to pass above 1 the scale is not that
                of credit, and a score that happens to lie in [0, 1] is none.
        """
        pass_mark, score = self.preference.pass_mark, row.score
        if pass_mark is None or score is None or row.mark:
            return row
        if pass_mark > 1:
            return msgspec.structs.replace(row, credit=None)
        return msgspec.structs.replace(row, credit=score) if row.credit is None and 0 <= score <= 1 else row

    def problem(self) -> str:
        """What remains unknown, in one line with the option that settles it; "" where nothing does."""
        mark = self.preference.pass_mark
        parts = [
            f"{by or 'the verdict'} is 0 or 1 on all {scale.n:,} rows, which --pass-mark {mark:g} does not tell apart;"
            " rescore it without"
            for by, scale in self._scales.items()
            if self._is_beside(by, scale)
        ]
        parts += [
            f"{by or 'the verdict'} is a score from {scale.low:g} to {scale.high:g} on {scale.n:,} rows, and nothing"
            " says which score is right; give the mark to pass with --pass-mark X"
            for by, scale in self._scales.items()
            if not scale.is_binary and mark is None
        ]
        for by in self._undefined:
            marks = self._unknown(by)
            if not marks:
                continue
            shown = [f"{mark[:40]!r} ({n:,} rows)" for mark, n in sorted(marks.items())]
            listed = ", ".join(shown[:LISTED]) + (f" and {len(shown) - LISTED} more" if len(shown) > LISTED else "")
            example = " ".join(f"--verdict {_quoted(mark)}=…" for mark in sorted(marks)[:3])
            parts.append(
                f"{'marks of ' + by if by else 'marks'} whose meaning is unknown: {listed}; say what each means:"
                f" {example} (correct, error, partial, idk or failed)"
            )
        return "; ".join(parts)

    @property
    def scores(self) -> dict[str, bool]:
        """Scorer → whether its scores are 0 and 1 alone."""
        return {by: scale.is_binary for by, scale in self._scales.items()}

    @property
    def scorers(self) -> frozenset[str]:
        """Scorers whose 0 and 1, or whose C, are not what they seem."""
        unmarked = self.preference.pass_mark is None
        scales = {
            by for by, one in self._scales.items() if (unmarked and not one.is_binary) or self._is_beside(by, one)
        }
        letters = {by for by, marks in self._undefined.items() if LETTERS & marks.keys() and self._unknown(by)}
        return frozenset(scales | letters)

    def _is_beside(self, by: str, scale: _Scale) -> bool:
        """Whether a pass mark is for other scores: these are all 0 or 1, and it takes both for the same."""
        mark = self.preference.pass_mark
        return mark is not None and by not in self.on_scale and scale.is_binary and not 0 < mark <= 1

    def _said(self, mark: str) -> Verdict | None:
        """What the user says of a mark, in its own case or in any."""
        known = mark if mark in self.marks else next((m for m in self.marks if m.casefold() == mark.casefold()), None)
        if known is None:
            return None
        self.met.add(known)
        return self.marks[known]

    def _settle_score(self, by: str, score: float) -> Meaning:
        if math.isnan(score):
            return Meaning("unscored")
        mark = self.preference.pass_mark
        self._scales.setdefault(by, _Scale()).add(score)
        if mark is not None and by not in self.unsettled:
            self.preference.meet("pass_mark")
            return Meaning("right" if score >= mark else "wrong")
        if score not in (0, 1) or by in self.unsettled:
            return Meaning(None, f"{_of(by)}{score:g}: a score without a mark to pass")
        return Meaning("right" if score == 1 else "wrong")

    def _unknown(self, by: str) -> Counter[str]:
        """Marks that neither the format nor the user defines; with an undefined letter, all letters are."""
        undefined = self._undefined[by]
        marks = [m for m in self.seen[by] if m in undefined or (m in LETTERS and LETTERS & undefined.keys())]
        return Counter({mark: self.seen[by][mark] for mark in marks if self._said(mark) is None})


def in_view_of_answerable(row: ForeignRow, verdict: Verdict) -> Verdict:
    """Where only abstaining is right, a right answer is an abstention, and a partly right one is wrong."""
    answerable = row.metadata.get("answerable", True) is not False
    return verdict if answerable else _WHERE_UNANSWERABLE.get(verdict, verdict)


def _of(by: str) -> str:
    return f"{by} " if by else ""


def _quoted(mark: str) -> str:
    return mark if mark.isalnum() else f"'{mark}'"
