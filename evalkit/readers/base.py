"""What a reader is: a foreign format, recognized by what is in a file and read row by row.

Most formats are rows that stand alone, and a decorated function reads them:

    @reader("simpleqa", about="SimpleQA: CSV of grades A, B, C", columns=("problem", "target", "grade"))
    def simpleqa(row: Fields) -> ForeignRow: ...

A format that needs a whole file, an archive or a folder implements `Reader`. Both register in the entry-point group
`evalkit.readers`, or are named on the command line as `file.py::name`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

import msgspec

from evalkit.dataset.source import MALFORMED, BadRowError, Head, Source
from evalkit.dataset.source import describe as describe_malformed
from evalkit.errors import UsageError
from evalkit.plugins import mark, raised_at
from evalkit.readers.fields import Fields
from evalkit.records import Grade, Usage

Verdict = Literal["right", "wrong", "partial", "idk", "unscored", "failed"]
"""What a file says of an answer: `partial` is partly right, `unscored` an answer that nobody judged (or whose judge
failed), `failed` that there was no answer."""
Sniff = Callable[[Head], bool]
Place = int | str
"""Where in a file: a line, a position from 1, or the name of a member."""
T = TypeVar("T")


class ForeignRow(msgspec.Struct, frozen=True, kw_only=True):
    """One answer as a file states it. What evalkit concludes from it is another value (`evalkit.rescoring.policy`)."""

    sample_id: str = ""
    """Empty where the format has no ids: it is then made from `input`, the same in every file that asks it."""
    verdict: Verdict | None = None
    """The file's own, where the format defines what its marks mean; None where the file holds none, or where what it
    holds in `mark` or `score` has no defined meaning: never right or wrong by default."""
    mark: str = ""
    """The verdict as written, where it is a mark such as C, I or N; `--verdict MARK=OUTCOME` changes what it means.
    With `verdict` None it is an unknown mark, which the user has to settle."""
    score: float | None = None
    """A number instead of a verdict. Where a file's scores are all 0 or 1 they mean wrong and right; otherwise
    `--pass-mark` has to settle it. NaN: no verdict."""
    by: str = ""
    """The scorer, metric or field that mark or score come from."""
    text: str | None = None
    """What the model answered; None where the file does not keep it."""
    answer: str | None = None
    """The answer that the file's harness extracted."""
    attempted: bool = False
    """The format itself shows that an answer was given (an option chosen, a patch written), whatever the text sounds
    like."""
    unreadable: bool = False
    """The harness could not extract an answer from the text."""
    target: Sequence[str] = ()
    """Gold answers."""
    choices: Sequence[str] | None = None
    input: str = ""
    """The question."""
    model: str = ""
    """Empty where the file does not name it."""
    task: str = ""
    epoch: int = 1
    """From 1."""
    confidence: float | None = None
    """The model's own, in [0, 1]."""
    threshold: float | None = None
    """The confidence target stated in the prompt, in [0, 1)."""
    credit: float | None = None
    """Partial credit, in [0, 1]."""
    reasoning: str | None = None
    truncated: bool = False
    """The token limit ended the answer."""
    ended: bool = False
    """The file says that the model ended the answer by itself: an empty text is then its own choice."""
    latency: float | None = None
    """Seconds that the answer took."""
    refused: bool = False
    """The provider says that the model refused."""
    reason: str = ""
    """Why the verdict is what it is, in one line."""
    metadata: dict[str, Any] = {}
    usage: Usage = Usage()
    """Tokens, as far as the file tells."""
    recorded: Grade | None = None
    """The grade that evalkit itself gave this answer, which stands as it is; None in files of others."""
    place: Place = ""
    """Where in the file; filled in for readers of rows."""


class Reader(Protocol):
    """A foreign format. Subclass it for the defaults, or provide the same attributes."""

    name: str
    """What `--format` calls it."""
    about: str
    """One line for `evalkit list readers`."""
    rule: str = ""
    """How answers are graded where the file holds no verdict; printed beside the scores."""
    run_file: str = ""
    """Name of the file that stands for a whole run folder, where the format spreads a run over several."""
    stems: Sequence[str] = ()
    """File names without endings, as patterns, that this format gives to every model's file: such a name is no
    model's."""
    in_parts: bool = False
    """Whether the files of a folder are parts of one model's output."""
    companions: Sequence[str] = ()
    """Names, as patterns, of files beside that belong to one of this format, and are no outputs by themselves."""

    def sniff(self, head: Head) -> bool:
        """Tell from its beginning whether a file is of this format."""
        ...

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read the rows of a file, one by one.

        Raises:
            InputError: the file is not as its beginning promised; the text names the place.
        """
        ...


RowFunction = Callable[[Fields], ForeignRow | list[ForeignRow] | None]
"""Reads one object: a row, several (the epochs of a sample), or None to leave it out."""


@dataclass(frozen=True, kw_only=True)
class RowReader(Reader):
    """A reader of files whose rows stand alone: JSON lines, a JSON array, CSV, TSV or Parquet; made by `@reader`."""

    name: str
    about: str
    function: RowFunction
    fits: Sniff
    task: str = ""
    rule: str = ""
    run_file: str = ""
    stems: Sequence[str] = ()
    companions: Sequence[str] = ()

    def __call__(self, row: Fields) -> ForeignRow | list[ForeignRow] | None:
        """Read one object."""
        return self.function(row)

    def sniff(self, head: Head) -> bool:
        """Tell by the keys of the first row."""
        return self.fits(head)

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each object by itself."""
        fields = ((place, Fields(values, source, place)) for place, values in source.rows())
        met: Counter[str] = Counter()
        for row in read_each(source, fields, self.function):
            yield self._complete(row, met)

    def _complete(self, row: ForeignRow, met: Counter[str]) -> ForeignRow:
        changes: dict[str, Any] = {}
        if not row.task and self.task:
            changes["task"] = self.task
        if not row.sample_id:
            changes["sample_id"] = identify(row.input, met) if row.input else str(row.place)
        return msgspec.structs.replace(row, **changes) if changes else row


def reader(
    name: str,
    *,
    about: str,
    columns: Sequence[str] = (),
    sniff: Sniff | None = None,
    task: str = "",
    rule: str = "",
    stems: Sequence[str] = (),
) -> Callable[[RowFunction], RowReader]:
    """Make a function that reads one object the reader of a format; the public `evalkit.reader`.

    Args:
        name: what `--format` calls it.
        about: one line for `evalkit list readers`.
        columns: fields that every file of this format has in its rows; how it is recognized.
        sniff: tells from a file's `Head` whether it is of this format, where columns do not suffice; with both, both
            must hold.
        task: the benchmark, where the format belongs to one.
        rule: how answers are graded where the file holds no verdict.
        stems: names that every file of this format has; see `Reader.stems`.

    Raises:
        UsageError: neither columns nor sniff is given.
    """
    if not columns and sniff is None:
        raise UsageError(f"reader {name} recognizes no file: give columns=(…) or sniff=…")
    has_columns = has(*columns)

    def fits(head: Head) -> bool:
        return has_columns(head) and (sniff is None or sniff(head))

    fits_ = fits if columns else sniff
    assert fits_ is not None

    def make(function: RowFunction) -> RowReader:
        made = RowReader(name=name, about=about, function=function, fits=fits_, task=task, rule=rule, stems=stems)
        return mark(made, "readers", function)

    return make


def has(*keys: str) -> Sniff:
    """Make a test for files whose rows have at least these keys."""
    wanted = frozenset(keys)
    return lambda head: (head.has_rows or head.shape == "object") and wanted <= head.keys


def read_each(
    source: Source, items: Iterable[tuple[Place, T]], read: Callable[[T], ForeignRow | list[ForeignRow] | None]
) -> Iterator[ForeignRow]:
    """Read items of a file one by one; one that cannot be read is an error with its place, or skipped.

    Args:
        source: the file.
        items: place → what is there.
        read: reads one; a row without a place gets the item's.

    Raises:
        BadRowError: an item cannot be read, unless such rows are to be skipped.
    """
    for place, item in items:
        try:
            found = read(item)
        except BadRowError as error:
            source.bad(error)
            continue
        except MALFORMED as error:
            source.bad(source.error_at(place, _malformed(error)))
            continue
        for row in found if isinstance(found, list) else (found,):
            if row is not None:
                yield row if row.place else msgspec.structs.replace(row, place=place)


def objects(source: Source, values: Iterable[Any] | Mapping[str, Any]) -> Iterator[tuple[Place, Fields]]:
    """Walk the objects of a document: a list by position from 1, an object by key.

    Raises:
        BadRowError: one is no object, unless such rows are to be skipped.
    """
    pairs: Iterable[tuple[Place, Any]] = values.items() if isinstance(values, Mapping) else enumerate(values, start=1)
    for place, one in pairs:
        if isinstance(one, Mapping):
            yield place, Fields(one, source, place)
        else:
            source.bad(source.error_at(place, f"{type(one).__name__} where an object should be"))


def document_fields(source: Source) -> Fields:
    """Read a file that is one JSON object.

    Raises:
        InputError: it is something else.
    """
    document = source.document()
    if not isinstance(document, Mapping):
        raise source.error_at(1, f"{type(document).__name__} where an object should be")
    return Fields(document, source, 1)


def identify(question: str, met: Counter[str]) -> str:
    """Make an id from a question, the same in every file that asks it.

    Args:
        question: its text.
        met: ids given so far in this file; a question that occurs again gets a number.
    """
    name = hashlib.blake2b(question.strip().encode(), digest_size=6).hexdigest()
    met[name] += 1
    return name if met[name] == 1 else f"{name}-{met[name]}"


def _malformed(error: Exception) -> str:
    """What is wrong with a row, and for a reader outside evalkit the line of its code."""
    return f"{describe_malformed(error)}{raised_at(error)}"
