"""An index over a run's records.jsonl: where each line is and what it is filtered by; no page reads them all."""

from __future__ import annotations

import json
import mmap
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from evalkit.errors import InputError
from evalkit.records import Record
from evalkit.runs.folder import RECORDS

OUTCOMES = ("correct", "error", "idk")
NONE = 255


class _Grade(msgspec.Struct):
    outcome: str
    non_answer: str | None = None


class _Line(msgspec.Struct):
    """What is indexed of a record."""

    task: str
    model: str
    sample_id: str
    grade: _Grade
    prompt_threshold: float | None = None
    metadata: str = "{}"


@dataclass(frozen=True)
class Filter:
    """What is looked for; "" leaves it open."""

    outcome: str = ""
    kind: str = ""
    stratum: str = ""
    told: str = ""
    task: str = ""
    model: str = ""
    text: str = ""


class Names:
    """Texts that repeat, as numbers."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """The number of a text, a new one where it is new."""
        found = self._numbers.setdefault(text, len(self.texts))
        if found == len(self.texts):
            self.texts.append(text)
        return found


class Index:
    """The lines of one run folder.

    Args:
        folder: the run.

    Raises:
        InputError: a line cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / RECORDS
        self.size = self.path.stat().st_size
        self.starts = array("Q")
        self.ids: list[str] = []
        self.names = {name: Names() for name in ("outcome", "kind", "stratum", "told", "task", "model")}
        self.columns = {name: array("H") for name in self.names}
        self._read()

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def is_stale(self) -> bool:
        """Whether the file has grown or changed size since it was read."""
        return self.path.stat().st_size != self.size

    def values(self, name: str) -> list[str]:
        """What a column holds, most frequent first."""
        counts = Counter(self.columns[name])
        return [self.names[name].texts[number] for number, _ in counts.most_common()]

    def find(self, wanted: Filter) -> list[int]:
        """Positions of the records that a filter lets through, in the order recorded."""
        positions: range | list[int] = range(len(self.starts))
        for name in self.names:
            if text := getattr(wanted, name):
                texts = self.names[name].texts
                number = texts.index(text) if text in texts else NONE * NONE
                column = self.columns[name]
                positions = [k for k in positions if column[k] == number]
        if wanted.text:
            positions = list(self._containing(wanted.text, positions))
        return list(positions)

    def record(self, position: int) -> Record:
        """One record, read from the file."""
        with self.path.open("rb") as file:
            file.seek(self.starts[position])
            return Record.model_validate_json(file.readline())

    def _read(self) -> None:
        decode = msgspec.json.Decoder(_Line).decode
        start = 0
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    return  # a run that is going on
                try:
                    self._add(decode(line), start)
                except (msgspec.DecodeError, ValueError) as error:
                    raise InputError(f"{self.path}:{number}: not a record ({str(error)[:120]})") from error
                start += len(line)

    def _add(self, line: _Line, start: int) -> None:
        self.starts.append(start)
        self.ids.append(line.sample_id)
        stratum = json.loads(line.metadata).get("stratum", "") if '"stratum"' in line.metadata else ""
        told = "nothing" if line.prompt_threshold is None else f"{line.prompt_threshold:g}"
        values = (line.grade.outcome, line.grade.non_answer or "claim", str(stratum), told, line.task, line.model)
        for name, value in zip(self.names, values, strict=True):
            self.columns[name].append(self.names[name].number(value))

    def _containing(self, text: str, positions: range | list[int]) -> Iterator[int]:
        wanted = json.dumps(text, ensure_ascii=False)[1:-1].encode().lower()
        if not self.size:
            return
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            for k in positions:
                end = self.starts[k + 1] if k + 1 < len(self.starts) else self.size
                if wanted in data[self.starts[k] : end].lower():
                    yield k
