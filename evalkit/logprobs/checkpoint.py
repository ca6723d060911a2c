"""A file of scored questions, one a line after a line of settings, so that nothing is scored twice."""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from evalkit.errors import InputError, UsageError
from evalkit.logprobs.selection import Selection, Settings

ROUNDING = 1e-3
"""How far above 0 a log-probability may be: servers round."""


@dataclass(frozen=True)
class ScoredQuestion:
    """The log-probability of every possible answer to one question."""

    id: str
    question: str
    """As the task words it."""
    prompt: str
    """As the model saw it, chat template included."""
    answers: list[str]
    right: list[int]
    """Indices of the accepted answers."""
    logprobs: list[float]
    """Natural log-probability of each answer, summed over its spellings."""

    @property
    def mass(self) -> float:
        """Total probability of the possible answers, at most 1."""
        return min(1.0, math.fsum(math.exp(value) for value in self.logprobs))


class Checkpoint:
    """The questions scored so far, read from a file where there is one.

    Args:
        settings: of the measurement.
        selection: its questions and worked examples.
        path: the file; None keeps nothing.

    Raises:
        UsageError: the file belongs to other settings or questions, or cannot be written.
        InputError: the file is damaged.
    """

    def __init__(self, settings: Settings, selection: Selection, path: Path | None) -> None:
        self.path = path
        self._asked = {question.sample.id: question for question in selection.questions}
        self.done: dict[str, ScoredQuestion] = {}
        """Sample id → its scores, of the selected questions."""
        if path:
            head = asdict(settings) | {"limit": None, "examples": [list(shot) for shot in selection.shots]}
            lines = _whole_lines(path)
            if not lines:
                _append(path, head)
            for number, line in enumerate(lines, start=1):
                self._read(path, number, line, head)

    def add(self, scored: ScoredQuestion) -> None:
        """Add a scored question and append it to the file."""
        self.done[scored.id] = scored
        if self.path:
            _append(self.path, asdict(scored))

    def in_order(self) -> list[ScoredQuestion]:
        """The scored questions in the order of the selection; all of them must be scored."""
        return [self.done[name] for name in self._asked]

    def _read(self, path: Path, number: int, line: str, head: dict[str, object]) -> None:
        try:
            row = json.loads(line)
            scored = ScoredQuestion(**row) if number > 1 else None
            whole = scored is None or (
                len(scored.logprobs) == len(scored.answers)
                and all(type(v) is float and math.isfinite(v) and v < ROUNDING for v in scored.logprobs)
            )
        except (ValueError, TypeError) as error:
            raise InputError(f"{path}:{number}: not a line of a saved measurement; remove the file") from error
        if not whole:
            raise InputError(f"{path}:{number}: not a line of a saved measurement; remove the file")
        if scored is None:
            if row != head:
                raise UsageError(f"{path} belongs to other settings; name another folder, or remove it")
            return
        asked = self._asked.get(scored.id)
        if asked is None:  # scored with a higher limit
            return
        if (asked.sample.input, asked.answers, asked.right) != (scored.question, scored.answers, scored.right):
            raise UsageError(f"{path}:{number}: question {scored.id!r} has changed since; remove the file")
        self.done[scored.id] = scored


def _whole_lines(path: Path) -> list[str]:
    """The complete lines of a file, none if there is no file; an incomplete last line is cut off the file."""
    try:
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            os.truncate(path, len(whole))
        return whole.decode().split("\n")[:-1]
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read ({error})") from error


def _append(path: Path, row: dict[str, object]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror})") from error
