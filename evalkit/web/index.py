"""An index over a run's records.jsonl: where each line starts, and the values it is filtered by."""

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
    """The fields of a record that are indexed."""

    task: str
    model: str
    sample_id: str
    grade: _Grade
    prompt_threshold: float | None = None
    metadata: str = "{}"


@dataclass(frozen=True)
class Filter:
    """What records have to match; "" matches every record."""

    outcome: str = ""
    kind: str = ""
    stratum: str = ""
    threshold: str = ""
    """As stated in the prompt: `none`, `0.75`."""
    task: str = ""
    model: str = ""
    text: str = ""


class Names:
    """Numbers for texts that repeat."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """Return the number of a text; a new text gets the next number."""
        number = self._numbers.setdefault(text, len(self.texts))
        if number == len(self.texts):
            self.texts.append(text)
        return number


class Index:
    """The lines of one run folder.

    Args:
        folder: the run.

    Raises:
        InputError: the file or a line of it cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / RECORDS
        try:
            self.size = self.path.stat().st_size
        except OSError as error:
            raise InputError(f"{self.path} cannot be read ({error.strerror})") from error
        self.starts = array("Q")
        self.ids: list[str] = []
        self.names = {name: Names() for name in ("outcome", "kind", "stratum", "threshold", "task", "model")}
        self.columns = {name: array("H") for name in self.names}
        self._read()

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def is_stale(self) -> bool:
        """Whether the file has changed size, or gone, since it was read."""
        return not self.path.is_file() or self.path.stat().st_size != self.size

    def values(self, name: str) -> list[str]:
        """Return the distinct values of a column, most frequent first."""
        counts = Counter(self.columns[name])
        return [self.names[name].texts[number] for number, _ in counts.most_common()]

    def find(self, wanted: Filter) -> list[int]:
        """Return the positions of the records that match a filter, in the order recorded."""
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
        """Read one record from the file."""
        with self.path.open("rb") as file:
            file.seek(self.starts[position])
            return Record.model_validate_json(file.readline())

    def _read(self) -> None:
        decode = msgspec.json.Decoder(_Line).decode
        start = 0
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    return  # the run is still being written
                try:
                    self._add(decode(line), start)
                except (msgspec.DecodeError, ValueError) as error:
                    raise InputError(f"{self.path}:{number}: not a record ({str(error)[:120]})") from error
                start += len(line)

    def _add(self, line: _Line, start: int) -> None:
        self.starts.append(start)
        self.ids.append(line.sample_id)
        stratum = json.loads(line.metadata).get("stratum", "") if '"stratum"' in line.metadata else ""
        threshold = "none" if line.prompt_threshold is None else f"{line.prompt_threshold:g}"
        values = (line.grade.outcome, line.grade.non_answer or "claim", str(stratum), threshold, line.task, line.model)
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
