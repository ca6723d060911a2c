"""What rescoring would make of files: their format, their first rows as understood, and what each mark means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.dataset.remote import Inputs, local_copies
from evalkit.errors import InputError
from evalkit.readers.base import ForeignRow, Reader
from evalkit.readers.mapped import MappedReader
from evalkit.rescoring.discover import InputFile, discover
from evalkit.rescoring.terms import Resolved, Terms, resolve
from evalkit.rescoring.verdicts import Verdicts

FIRST = 3
"""Rows that are shown."""


@dataclass(kw_only=True)
class FileExplanation:
    """One file, as rescoring understands it."""

    name: str
    """What the user calls it."""
    format: str
    about: str
    rule: str
    shape: str
    """lines, array, object, table, parquet, zip or other."""
    columns: list[str]
    """Names in the first row."""
    rows: int = 0
    first: list[ForeignRow] = field(default_factory=list)
    marks: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """(scorer, mark or score as written, what it means) → rows."""
    notes: list[str] = field(default_factory=list)
    problem: str = ""
    """Why the file cannot be rescored so, and what to give; "" where it can."""


def explain(paths: Iterable[str | Path], terms: Terms) -> list[FileExplanation]:
    """Read files as `rescore` would, and tell how they are understood; nothing is written.

    Args:
        paths: files, folders or patterns.
        terms: how they would be rescored.

    Raises:
        UsageError: a term is invalid.
        InputError: a named file is missing, or in no known format.
    """
    resolved = resolve(terms)
    reader: str | Reader = MappedReader(terms.mapping) if terms.mapping else terms.format
    with local_copies(paths) as inputs:
        files = discover(inputs.paths, terms.open, reader).files
        return [_explained(file, resolved, inputs) for file in files]


def _explained(file: InputFile, resolved: Resolved, inputs: Inputs) -> FileExplanation:
    source, reader = file.source, file.reader
    head = source.head
    made = FileExplanation(
        name=inputs.name(source.path),
        format=reader.name,
        about=reader.about,
        rule=str(getattr(reader, "rule", "")),
        shape=head.shape,
        columns=sorted(str(key) for key in head.keys),
    )
    verdicts = Verdicts(marks=resolved.marks, preference=source.preference)
    try:
        for row in reader.read(source):
            made.rows += 1
            if len(made.first) < FIRST:
                made.first.append(row)
            meaning = verdicts.settle(row)
            mark = row.mark or ("" if row.score is None or row.verdict is not None else f"{row.score:g}")
            made.marks[row.by, mark, meaning.verdict or ("unknown" if meaning.unknown else "none")] += 1
        made.problem = verdicts.problem()
    except InputError as error:
        made.problem = str(error)
    made.problem = inputs.in_text(made.problem)
    made.notes = [inputs.in_text(warning) for warning in source.warnings]
    return made
