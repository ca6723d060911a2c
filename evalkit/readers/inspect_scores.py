"""Inspect's scores: of several scorers, or of a score of several parts, the one that holds the verdict.

Schema of a score: {value, answer, explanation, metadata, reason}. `value` is a mark, a number, true or false, NaN, or
an object or list of these. Inspect defines C (correct), I (incorrect), P (partial) and N (no answer), and reads yes,
no, true and false; another mark, or a number other than 0 and 1, means what its author meant. Read in
UKGovernmentBEIS/inspect_ai: scorer/_metric.py, scorer/_pattern.py, scorer/_model.py.

* An object whose keys name outcomes, one of them true ({correct, incorrect, not_attempted}), is one verdict; other
  objects and lists are several, named SCORER.KEY and SCORER.0.
* `metadata.grade` names the outcome where the value has only two (openbench's SimpleQA).
* `metadata.evalkit` is the outcome that evalkit's own scorer has put beside the value; it decides.
* N of the scorers pattern() and answer() means that their pattern did not match, up to 0.3.262; later ones give I with
  the reason invalid_response_format. A judge without a grade gave I up to 0.3.2xx, later NaN with a reason.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from evalkit.dataset.source import Source
from evalkit.readers.base import Verdict
from evalkit.readers.fields import Fields
from evalkit.readers.inspect_outcomes import Recorded, read_outcome
from evalkit.readers.recorded import standing
from evalkit.readers.scores import is_binary, share
from evalkit.records import Grade

MARKS: dict[str, Verdict] = {
    **dict.fromkeys(("C", "correct", "true", "yes"), "right"),
    **dict.fromkeys(("I", "incorrect", "false", "no"), "wrong"),
    **dict.fromkeys(("P", "partial"), "partial"),
    **dict.fromkeys(("N", "noanswer"), "idk"),
}
"""What Inspect defines."""
OUTCOMES: dict[str, Verdict] = {
    **dict.fromkeys(("correct", "is_correct"), "right"),
    **dict.fromkeys(("incorrect", "is_incorrect", "wrong"), "wrong"),
    **dict.fromkeys(("partial", "partially_correct", "partial_answer"), "partial"),
    **dict.fromkeys(
        ("not_attempted", "is_not_attempted", "abstained", "abstain", "idk", "no_answer", "unattempted"), "idk"
    ),
}
"""Keys, and grades in metadata, that name an outcome."""
EXTRACTORS = ("pattern", "answer", "choice")
"""Scorers that read an answer by a rule."""
UNJUDGED = "Grade not found"
"""How an explanation begins where the judge's answer held no grade."""
HALF = 0.5
Kind = Literal["verdict", "none", "scale", "text"]


class Part(NamedTuple):
    """One value that may hold the verdict."""

    name: str
    """Scorer, or SCORER.KEY."""
    value: Any
    score: Fields
    grade: str = ""
    """The outcome that keys or metadata name."""
    recorded: Recorded | None = None
    """evalkit's own outcome."""


class Score(NamedTuple):
    """What the scores of a sample say."""

    verdict: Verdict | None
    by: str = ""
    mark: str = ""
    score: float | None = None
    credit: float | None = None
    answer: str | None = None
    unreadable: bool = False
    refused: bool = False
    attempted: bool = False
    threshold: float | None = None
    """The confidence target stated in the prompt."""
    recorded: Grade | None = None
    """evalkit's own grade."""
    reason: str = ""


def parts_of(sample: Fields) -> list[Part]:
    """List the values of a sample's scores, in order.

    Raises:
        BadRowError: a score is of another type than Inspect's.
    """
    given = sample.object("scores", {})
    scores = {name: given.object(name) for name in given if isinstance(given.value(name), Mapping)}
    if not scores and isinstance(sample.value("score"), Mapping):  # one scorer alone, in 2024
        scores = {"score": sample.object("score")}
    return [part for name, score in scores.items() for part in _parts(name, score)]


class Chooser:
    """Chooses which of several verdicts of a file is read.

    Args:
        source: the file, with the user's preference.
        samples: what each of its samples holds, where there is more than one.
    """

    def __init__(self, source: Source, samples: Iterable[list[Part]]) -> None:
        self._wanted = source.preference.name
        self._kinds: dict[str, Counter[Kind]] = {}
        self._verdicts: dict[str, Counter[str]] = {}
        self._recorded: set[str] = set()
        for parts in samples:
            for part in parts:
                kind = _kind(part)
                self._kinds.setdefault(part.name, Counter())[kind] += 1
                if part.recorded is not None:
                    self._recorded.add(part.name)
                if kind == "verdict":
                    self._verdicts.setdefault(part.name, Counter())[_meaning(part) or ""] += 1
        source.preference.offer("scorer", self._kinds)
        self._order = self._ordered()
        if len(self._kinds) > 1 and not self._wanted:
            source.warn(self._said())

    def choose(self, parts: list[Part], source: Source) -> Part | None:
        """Choose of one sample; None where it has no score, or not the one that is wanted."""
        source.preference.offer("scorer", (part.name for part in parts))
        if self._wanted:
            chosen = next((p for p in parts if self._wanted in (p.name, p.name.partition(".")[0])), None)
            if chosen is not None:
                source.preference.meet_name()
            if chosen is not None or self._wanted in self._kinds or not parts:
                return chosen
            source.warn(f"it has no scorer {self._wanted}; {parts[0].name} is read")
        by_name = {part.name: part for part in parts}
        return next((by_name[name] for name in self._order if name in by_name), parts[0] if parts else None)

    def _ordered(self) -> list[str]:
        """Names in order of preference: evalkit's own outcomes, verdicts, scores on a scale, other marks."""
        ranks: dict[str, int] = {}
        for name, kinds in self._kinds.items():
            if name in self._recorded:
                ranks[name] = -1
                continue
            held = {kind for kind in kinds if kind != "none"}
            ranks[name] = 3 if not held else 0 if held == {"verdict"} else 1 if held <= {"verdict", "scale"} else 2
        return sorted(ranks, key=ranks.__getitem__)

    def _said(self) -> str:
        first, *others = self._order
        shown = "; ".join(f"{name}: {self._counts(name)}" for name in others)
        return f"the verdicts are those of {first} ({self._counts(first)}), not {shown}; --scorer NAME takes another"

    def _counts(self, name: str) -> str:
        verdicts, kinds = self._verdicts.get(name, Counter()), self._kinds[name]
        if kinds["scale"]:
            return "scores"
        if kinds["text"] or not verdicts:
            return "no verdicts"
        return ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in sorted(verdicts))


def interpret(part: Part) -> Score:
    """Read the verdict of a score."""
    score, value = part.score, part.value
    answer, why = score.text("answer", None), score.text("reason", "")
    explanation = score.text("explanation", "")
    read = Score(None, by=part.name, answer=answer, reason=f"scorer {part.name}" + (f": {why}" if why else ""))
    if part.recorded is not None:
        return _as_recorded(read, part.recorded)
    if _is_nothing(value) or (explanation.startswith(UNJUDGED) and not part.grade):
        unscored = score.object("metadata", {}).text("unscored_reason", "") or why or explanation[:200] or "no verdict"
        return read._replace(verdict="unscored", reason=f"scorer {part.name}: {unscored}")
    read = read._replace(refused=why == "refusal", unreadable=why == "invalid_response_format")
    if part.grade:
        return read._replace(verdict=OUTCOMES[part.grade.lower()], mark=part.grade)
    if (number := _number(value)) is not None:
        return read._replace(score=number, credit=None if is_binary(number) else share(number))
    mark = str(value)
    verdict = MARKS.get(mark)
    missed = _is_extractor(part.name) and verdict in ("idk", "wrong") and not (answer or "").strip()
    return read._replace(
        verdict="wrong" if missed else verdict,
        mark=mark,
        credit=HALF if verdict == "partial" else None,
        unreadable=read.unreadable or missed,
    )


def _as_recorded(read: Score, recorded: Recorded) -> Score:
    return read._replace(
        verdict=recorded.verdict,
        attempted=recorded.attempted,
        threshold=recorded.threshold,
        credit=HALF if recorded.verdict == "partial" and recorded.grade.credit is None else recorded.grade.credit,
        reason=recorded.grade.reason or read.reason,
        recorded=standing(recorded.grade),
    )


def _parts(name: str, score: Fields) -> list[Part]:
    value = score.value("value")
    if (recorded := read_outcome(score.value("metadata"))) is not None:
        return [Part(name, value, score, recorded=recorded)]
    if isinstance(value, Mapping):
        if grade := _named_outcome(value):
            return [Part(name, grade, score, grade)]
        return [Part(f"{name}.{key}", one, score) for key, one in value.items()]
    if isinstance(value, list):
        return [Part(f"{name}.{k}", one, score) for k, one in enumerate(value)]
    return [Part(name, value, score, _grade(value, score))]


def _named_outcome(value: Mapping[str, Any]) -> str:
    """The one key that is true, of an object whose keys name outcomes."""
    keys = {str(key).lower(): one for key, one in value.items()}
    meanings = {OUTCOMES[key] for key in keys if key in OUTCOMES}
    if not {"right", "wrong"} <= meanings and not {"right", "idk"} <= meanings:
        return ""
    true = [key for key, one in keys.items() if key in OUTCOMES and is_binary(one) and one]
    others = [one for key, one in keys.items() if key in OUTCOMES and not is_binary(one)]
    return true[0] if len(true) == 1 and not others else ""


def _grade(value: Any, score: Fields) -> str:
    """The grade in a score's metadata, where the value agrees with it."""
    metadata = score.value("metadata")
    grade = metadata.get("grade") if isinstance(metadata, Mapping) else None
    if not isinstance(grade, str) or grade.lower() not in OUTCOMES or _is_nothing(value):
        return ""
    right, number = OUTCOMES[grade.lower()] == "right", _number(value)
    said_right = number == 1 if number is not None else MARKS.get(str(value)) == "right"
    return grade if right == said_right else ""


def _kind(part: Part) -> Kind:
    if part.recorded or part.grade or part.value in MARKS.keys():  # noqa: SIM118 - unhashable values are no marks
        return "verdict"
    if _is_nothing(part.value):
        return "none"
    number = _number(part.value)
    return "text" if number is None else "verdict" if is_binary(number) else "scale"


def _meaning(part: Part) -> str | None:
    score = interpret(part)
    if score.score is not None:
        return "right" if score.score else "wrong"
    return score.verdict


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _number(value: Any) -> float | None:
    """A number, or a text that writes one, as Inspect reads it."""
    if isinstance(value, (bool, int, float)):
        return float(value)
    if isinstance(value, str) and value not in MARKS:
        try:
            number = float(value)
        except ValueError:
            return None
        return number if math.isfinite(number) else None
    return None


def _is_extractor(name: str) -> bool:
    """Whether a scorer reads answers by a rule; a second one of a kind has a number behind its name."""
    return name.rpartition("/")[2].rstrip("0123456789") in EXTRACTORS
