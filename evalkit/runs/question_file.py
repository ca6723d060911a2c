"""A file of questions as a task: CSV, JSON lines or another table, its columns named by `--map` or by what they are.

`--map id=…,question=…,target=…,aliases=…,choices=…,stratum=…,unanswerable=…`; without it, a column counts by one of the
usual names of its field.

* Targets, aliases and choices may be lists, text that writes a list in JSON or Python, or parts between `|`.
  `choices=colA,colB,colC` takes a column for each option; an empty one is no option.
* The target of a question with choices is an option's text, its letter, or its number. Numbers count from 0 where some
  target is 0, from 1 where some is the number of options.
* `unanswerable=*_abs` marks samples by their id, `unanswerable=COLUMN` by true or false: there only abstaining is
  right, and no target is needed.
* A row without an id is called by its position in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from evalkit.dataset.source import Source, as_text
from evalkit.errors import InputError, SettingError, UsageError
from evalkit.files import is_file
from evalkit.grading.grade import grade_with
from evalkit.readers.columns import Facts, as_list, find_facts, lookup
from evalkit.readers.fields import Fields
from evalkit.records import Completion, Grade, Sample, Task

NAMES = {
    "id": ("id", "sample_id", "question_id", "qid", "uid"),
    "question": ("question", "input", "prompt", "problem", "query"),
    "target": ("target", "answer", "answers", "gold", "gold_answer", "correct_answer"),
    "aliases": ("aliases", "alternatives", "answer_aliases"),
    "choices": ("choices", "options"),
    "stratum": ("stratum", "category", "subject", "topic"),
    "unanswerable": ("unanswerable",),
}
"""Field → names of columns that count as it without `--map`."""
ENDINGS = re.compile(
    r"\.(?:csv|tsv|jsonl|ndjson|json|parquet|arrow|feather|xlsx|sqlite3?|db)(?:\.(?:gz|bz2|xz|zst))?$", re.IGNORECASE
)
MOST_OPTIONS = 26


def is_question_file(name: str) -> bool:
    """Whether a task's name is that of a file of questions."""
    return bool(ENDINGS.search(name))


def read_question_file(path: Path, mapping: Mapping[str, str]) -> Task:
    """Read a file of questions.

    Args:
        path: the file.
        mapping: field → column or dotted path; empty to take columns by their usual names.

    Raises:
        SettingError: the map names an unknown field, or no question.
        InputError: the file cannot be read, or a row is no question; the text names file, line and remedy.
    """
    if not is_file(path):
        raise UsageError(f"no file {path}")
    if not path.stat().st_size:
        raise InputError(f"{path} is empty; a file of questions has a row for each")
    columns = _Columns.find(Source(path, remedy="fix it"), mapping)
    rows = [columns.read(row, number) for number, row in enumerate(columns.rows(), start=1)]
    first_number = _first_number(rows)
    samples: dict[str, Sample] = {}
    places: dict[str, object] = {}
    for row in rows:
        sample = row.sample(first_number)
        if sample.id in samples:
            raise row.error(f"id {sample.id!r} also stands at {places[sample.id]}; ids must differ")
        samples[sample.id], places[sample.id] = sample, row.fields.place
    with_choices = [bool(sample.choices) for sample in samples.values()]
    grader = "choice" if all(with_choices) else by_kind if any(with_choices) else "exact"
    return Task(samples=list(samples.values()), grader=grader, name=_stem(path), notes=[columns.note])


async def by_kind(sample: Sample, completion: Completion) -> Grade:
    """Grade by `choice` where a question has options, else by `exact`."""
    return await grade_with("choice" if sample.choices else "exact", sample, completion)


@dataclass(frozen=True)
class _Columns:
    """Which columns of a file hold what."""

    source: Source
    paths: Mapping[str, str]
    """Field → column or dotted path; for choices several, with commas between them."""
    pattern: str
    """The pattern of unanswerable ids; "" for none."""
    facts: Facts

    @classmethod
    def find(cls, source: Source, mapping: Mapping[str, str]) -> _Columns:
        if unknown := sorted(set(mapping) - set(NAMES)):
            raise SettingError("mapping", "{field}=…: no such field of a question; available: {known}",
                               field=unknown[0], known=", ".join(NAMES))  # fmt: skip
        head = next((row for _, row in source.rows()), None)
        if head is None:
            raise InputError(f"{source.path} has no rows; a file of questions has a row for each")
        found = {field: next((name for name in names if name in head), "") for field, names in NAMES.items()}
        paths = {field: column for field, column in (found | dict(mapping)).items() if column}
        if "question" not in paths:
            raise InputError(
                f"{source.path}: no column is a question; name it: --map question=COLUMN; the columns are"
                f" {', '.join(map(str, head)) or 'none'}"
            )
        marks = paths.get("unanswerable", "")
        pattern = paths.pop("unanswerable") if "*" in marks or "?" in marks else ""
        several = paths["choices"].split(",") if "choices" in paths else []
        single = {field: path for field, path in paths.items() if field != "choices"}
        views = {"": single | {f"choices {k}": path.strip() for k, path in enumerate(several)}}
        return cls(source, paths, pattern, find_facts(source, views))

    @property
    def note(self) -> str:
        """What was understood, for the user."""
        read = ", ".join(f"{field}={column}" for field, column in self.paths.items())
        return f"columns: {read}{f'; ids like {self.pattern} are unanswerable' if self.pattern else ''}"

    def rows(self) -> Iterator[Fields]:
        for place, values in self.source.rows():
            yield Fields(values, self.source, place)

    def read(self, row: Fields, number: int) -> _Row:
        """Read what a row says; its number is its id where it has none."""
        values = {field: lookup(row, path) for field, path in self.paths.items() if field != "choices"}
        found = Fields(values, self.source, row.place)
        name = found.text("id", "").strip() or str(number)
        unanswerable = fnmatchcase(name, self.pattern) if self.pattern else found.flag("unanswerable", False)
        as_lists = self.paths.get("target") not in self.facts.not_lists
        return _Row(
            fields=found,
            name=name,
            question=found.text("question", "").strip(),
            targets=_several(values.get("target"), as_lists=as_lists, split=False),
            aliases=_several(values.get("aliases"), as_lists=True, split=True),
            options=self._options(row),
            unanswerable=unanswerable,
            column=self.paths.get("target", "target"),
        )

    def _options(self, row: Fields) -> list[str]:
        path = self.paths.get("choices", "")
        if "," not in path:
            return _several(lookup(row, path), as_lists=True, split=True) if path else []
        return [one for part in path.split(",") for one in _several(lookup(row, part.strip()), as_lists=False)]


@dataclass(frozen=True, kw_only=True)
class _Row:
    """One question as the file has it."""

    fields: Fields
    name: str
    question: str
    targets: list[str]
    aliases: list[str]
    options: list[str]
    unanswerable: bool
    column: str

    def sample(self, first_number: int | None) -> Sample:
        """The sample that it is.

        Args:
            first_number: the number of the first option, where targets are numbers.

        Raises:
            BadRowError: it is no question that can be graded.
        """
        if not self.question:
            raise self.error("the question is empty")
        if len(self.options) == 1 or len(self.options) > MOST_OPTIONS:
            raise self.error(f"{len(self.options)} options; a question has 2 to {MOST_OPTIONS}, or none")
        if twice := next((one for one in self.options if self.options.count(one) > 1), ""):
            raise self.error(f"option {twice!r} stands there twice")
        if not self.targets and not self.unanswerable:
            raise self.error(
                f"no target in {self.column}; name its column (--map target=COLUMN), or mark the question unanswerable"
            )
        about: dict[str, object] = {"answerable": False} if self.unanswerable else {}
        if stratum := self.fields.text("stratum", "").strip():
            about["stratum"] = stratum
        targets = [self._option(target, first_number) for target in self.targets] if self.options else self.targets
        return Sample(
            id=self.name,
            input=self.question,
            target=list(dict.fromkeys([*targets, *self.aliases])),
            choices=self.options or None,
            metadata=about,
        )

    def _option(self, target: str, first_number: int | None) -> str:
        """The text of the option that a target names."""
        letter = target.strip().strip("()[].")
        place: int | None = None
        if target in self.options:
            return target
        if len(letter) == 1 and letter.isalpha() and letter.isascii():
            place = ord(letter.upper()) - ord("A")
        elif target.isdecimal() and first_number is not None:
            place = int(target) - first_number
        elif target.isdecimal():
            raise self.error(f"target {target}: no row shows whether options count from 0 or from 1; write the letter")
        if place is None or not 0 <= place < len(self.options):
            raise self.error(f"target {target!r} is none of the {len(self.options)} options, nor the letter of one")
        return self.options[place]

    @property
    def numbers(self) -> list[int]:
        """Targets that are numbers of options."""
        return [int(one) for one in self.targets if self.options and one.isdecimal() and one not in self.options]

    def error(self, what: str) -> InputError:
        """The error for this row."""
        return self.fields.source.error_at(self.fields.place, what)


def _first_number(rows: Sequence[_Row]) -> int | None:
    """Whether options count from 0 or from 1; None where targets do not tell."""
    if any(0 in row.numbers for row in rows):
        return 0
    return 1 if any(len(row.options) in row.numbers for row in rows) else None


def _several(value: object, *, as_lists: bool, split: bool = False) -> list[str]:
    """The texts of a cell: one, or those of a list."""
    if value is None:
        return []
    items = as_list(value) if as_lists or not isinstance(value, str) else None
    if items is None:
        text = as_text(value)
        items = text.split("|") if split else [text]
    return [one.strip() for one in items if one.strip()]


def _stem(path: Path) -> str:
    return ENDINGS.sub("", path.name) or path.name
