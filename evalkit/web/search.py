"""Search in the questions, answers and ids of a run, whatever the case, in every script."""

from __future__ import annotations

import mmap
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from evalkit.errors import InputError
from evalkit.files import open_regular
from evalkit.records import Failure
from evalkit.rescoring.questions import SourceQuestions


class _Message(msgspec.Struct):
    role: str
    content: str


class _Completion(msgspec.Struct):
    text: str = ""


class _Grade(msgspec.Struct):
    answer: str | None = None


class _Line(msgspec.Struct):
    """The fields of a record that are searched."""

    sample_id: str
    completion: _Completion
    grade: _Grade
    messages: list[_Message] = []
    source: str | None = None

    @property
    def question(self) -> str:
        """What was asked last; "" where the record does not keep it."""
        return next((one.content for one in reversed(self.messages) if one.role == "user"), "")


class Needle:
    """A text to be found.

    Args:
        text: as typed.
    """

    def __init__(self, text: str) -> None:
        self._text = folded(text)
        # A text of plain letters can be ruled out without decoding the line; case and accents of others change bytes.
        plain = text.isascii() and text.isprintable() and not set(text) & set('"\\/')
        self.bytes = text.lower().encode() if plain else b""

    def is_in(self, *texts: str | None) -> bool:
        """Whether any of several texts holds it."""
        return any(text is not None and self._text in folded(text) for text in texts)

    def is_in_failure(self, failure: Failure) -> bool:
        """Whether a failure's id, error or answer holds it."""
        text = failure.completion.text if failure.completion else None
        return self.is_in(failure.sample_id, failure.error, text)


def folded(text: str) -> str:
    """Return a text without differences of case and of how accents are written."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def containing(
    path: Path, spans: Sequence[tuple[int, int]], needle: Needle, questions: SourceQuestions
) -> Iterator[int]:
    """Find the records whose question, answer or id holds a text.

    Args:
        path: records.jsonl.
        spans: start and end of each line that is looked at.
        needle: the text.
        questions: of records that do not keep theirs.

    Yields:
        Positions in `spans`.

    Raises:
        InputError: a line cannot be read.
    """
    decode = msgspec.json.Decoder(_Line).decode
    with open_regular(path) as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for k, (start, end) in enumerate(spans):
            line = data[start:end]
            keeps_question = b'"messages":[]' not in line
            is_plain = keeps_question and line.isascii() and b"\\u" not in line
            if needle.bytes and is_plain and needle.bytes not in line.lower():
                continue
            try:
                one = decode(line)
            except (msgspec.MsgspecError, RecursionError) as error:
                raise InputError(f"{path}: a line cannot be read ({str(error)[:200]})") from error
            question = one.question or questions.find(one.source)
            if needle.is_in(one.sample_id, one.grade.answer, one.completion.text, question):
                yield k
