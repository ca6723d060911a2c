"""Readers: what other harnesses wrote, as rows that the outcome policy sorts.

One module a format. A reader registers in the entry-point group evalkit.readers as an object with `about`, `sniff`
and `read`; it decides by what is in a file, never by its name. What a file says is kept apart from what evalkit makes
of it (`evalkit.rescoring`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from evalkit.dataset.source import Head, Source

Verdict = Literal["right", "wrong", "idk", "failed"]


@dataclass(slots=True)
class Row:
    """One answer as a file tells of it."""

    sample_id: str
    verdict: Verdict | None
    """The file's own: `idk` where its format marks abstention, `failed` where there was no answer to judge; None where
    the file has no verdict."""
    text: str | None = None
    """What the model answered; None where the file does not keep it."""
    answer: str | None = None
    """The answer that the file's harness extracted."""
    target: Sequence[str] = ()
    input: str = ""
    model: str = ""
    task: str = ""
    epoch: int = 1
    claims: bool = False
    """The format shows that an answer was given (an option was chosen), whatever the text sounds like."""
    no_answer: bool = False
    """The harness could not read an answer from the text."""
    choices: Sequence[str] | None = None
    confidence: float | None = None
    threshold: float | None = None
    """The confidence target that the prompt stated."""
    credit: float | None = None
    reasoning: str | None = None
    truncated: bool = False
    refused: bool = False
    """The provider says that the model refused."""
    raw: str = ""
    """The verdict as it stands in the file, where it is a mark such as C, I or N."""
    reason: str = ""
    line: int = 0
    """Where in the file: a line, or the position in an array."""
    metadata: dict[str, Any] = field(default_factory=dict)


class Reader(Protocol):
    """A foreign format."""

    about: str
    """One line for `evalkit list readers`."""

    def sniff(self, head: Head) -> bool:
        """Whether a file is of this format, from its beginning."""
        ...

    def read(self, source: Source) -> Iterator[Row]:
        """Its rows, one by one.

        Raises:
            InputError: the file is not what it began as; the text names the place.
        """
        ...


@dataclass(frozen=True)
class RowReader:
    """A reader of files whose rows stand alone: JSON lines, a JSON array, CSV."""

    about: str
    fits: Callable[[Head], bool]
    row: Callable[[dict[str, Any], int], Row | None]
    """One object and its position to a row; None leaves it out. A KeyError names a field that is missing."""
    task: str = ""
    rule: str = ""
    """How it grades where the file has no verdict of its own; said beside the scores."""

    def sniff(self, head: Head) -> bool:
        """By the keys of the first row."""
        return self.fits(head)

    def read(self, source: Source) -> Iterator[Row]:
        """Each object by itself."""
        for number, found in source.rows():
            with source.at(number):
                row = self.row(found, number)
            if row is None:
                continue
            row.line = row.line or number
            row.task = row.task or self.task
            yield row


def has(*keys: str) -> Callable[[Head], bool]:
    """A test for rows that hold at least these keys."""
    wanted = frozenset(keys)
    return lambda head: (head.has_rows or head.shape == "object") and wanted <= head.keys
