"""What was scored, in a file: a line of settings, then a line a question, so that nothing is asked twice."""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from evalkit.errors import InputError, UsageError
from evalkit.logprobs.selection import Chosen, Settings

ROUNDING = 1e-3
"""By how much a log-probability may exceed 0, as servers round."""


@dataclass(frozen=True)
class Scored:
    """One question."""

    id: str
    question: str
    """As the task puts it."""
    prompt: str
    """As the model saw it."""
    answers: list[str]
    right: list[int]
    """Which of them are accepted."""
    logprobs: list[float]
    """Natural log-probability of each answer, all its spellings together."""

    @property
    def mass(self) -> float:
        """Probability of all possible answers together."""
        return min(1.0, math.fsum(math.exp(value) for value in self.logprobs))


class Kept:
    """Questions that are scored, those of a file among them.

    Args:
        settings: of the measurement.
        chosen: the questions that it is about, and the worked examples before them.
        path: the file, or None for none.

    Raises:
        UsageError: the file is of other settings or questions, or cannot be written.
        InputError: it is damaged.
    """

    def __init__(self, settings: Settings, chosen: Chosen, path: Path | None) -> None:
        self.path = path
        self._asked = {question.sample.id: question for question in chosen.questions}
        self.done: dict[str, Scored] = {}
        """By sample, those asked for."""
        if path:
            head = asdict(settings) | {"limit": None, "examples": [list(shot) for shot in chosen.shots]}
            lines = _whole_lines(path)
            if not lines:
                _append(path, head)
            for number, line in enumerate(lines, start=1):
                self._read(path, number, line, head)

    def add(self, scored: Scored) -> None:
        """Take one in, and write it down."""
        self.done[scored.id] = scored
        if self.path:
            _append(self.path, asdict(scored))

    def in_order(self) -> list[Scored]:
        """All, as the questions are asked."""
        return [self.done[name] for name in self._asked]

    def _read(self, path: Path, number: int, line: str, head: dict[str, object]) -> None:
        try:
            row = json.loads(line)
            scored = Scored(**row) if number > 1 else None
            whole = scored is None or (
                len(scored.logprobs) == len(scored.answers)
                and all(type(v) is float and math.isfinite(v) and v < ROUNDING for v in scored.logprobs)
            )
        except (ValueError, TypeError) as error:
            raise InputError(f"{path}:{number}: no line of a kept measurement; remove the file") from error
        if not whole:
            raise InputError(f"{path}:{number}: no line of a kept measurement; remove the file")
        if scored is None:
            if row != head:
                raise UsageError(f"{path} holds other settings; name another folder, or remove it")
            return
        asked = self._asked.get(scored.id)
        if asked is None:  # of a longer measurement
            return
        if (asked.sample.input, asked.answers, asked.right) != (scored.question, scored.answers, scored.right):
            raise UsageError(f"{path}:{number}: question {scored.id!r} was another; remove the file")
        self.done[scored.id] = scored


def _whole_lines(path: Path) -> list[str]:
    """A file's lines, none where there is no file; one that was cut short is taken off, and asked again."""
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
