"""records.jsonl: append, cut off, read again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import InputError, UsageError
from evalkit.records import Completion, Failure, Grade, Record
from evalkit.runs.folder import RECORDS
from evalkit.runs.journal import Journal, read_failures, read_records


def record(name: str, text: str = "3") -> Record:
    """A record with nothing special about it."""
    return Record(
        run="r", task="t", model="m", sample_id=name, completion=Completion(text=text), grade=Grade.of(correct=True)
    )


def fill(folder: Path, *names: str) -> None:
    """Write records and close."""
    with Journal(folder) as book:
        for name in names:
            book.append(record(name))


def test_what_is_appended_is_read_back(tmp_path: Path) -> None:
    """In the order written, equal in every field."""
    fill(tmp_path, "a", "b")
    assert list(read_records(tmp_path)) == [record("a"), record("b")]


def test_a_record_survives_the_process_from_the_moment_it_is_appended(tmp_path: Path) -> None:
    """It is with the operating system before append returns, without a close."""
    book = Journal(tmp_path)
    book.append(record("a"))
    assert list(read_records(tmp_path)) == [record("a")]
    book.close()


@given(text=st.text())
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Line separators, quotes, surrogate-free Unicode: one line on disk, the same text back."""
    folder = tmp_path_factory.mktemp("run")
    with Journal(folder) as book:
        book.append(record("a", text))
    assert (folder / RECORDS).read_bytes().count(b"\n") == 1
    assert next(read_records(folder)).completion.text == text


@pytest.mark.parametrize(
    "torn",
    [b'{"schema_version":1,"run":"r","ta', b"\0\0\0\0", b'{"a":', b"{", b"\0\0\n", b'{"half\n', b'{"foo":{"a":1}}\n'],
)
def test_a_torn_last_line_is_dropped_and_the_rest_stays_as_it_is(tmp_path: Path, torn: bytes) -> None:
    """After kill -9 or a power cut the lines before are byte-identical, and new ones follow them."""
    fill(tmp_path, "a", "b")
    path = tmp_path / RECORDS
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    assert [r.sample_id for r in read_records(tmp_path)] == ["a", "b"]
    fill(tmp_path, "c")
    assert path.read_bytes().startswith(whole)
    assert [r.sample_id for r in read_records(tmp_path)] == ["a", "b", "c"]


def test_windows_line_ends_are_line_ends(tmp_path: Path) -> None:
    """An editor that rewrote them loses no record on resume."""
    fill(tmp_path, "a", "b")
    path = tmp_path / RECORDS
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    fill(tmp_path, "c")
    assert [r.sample_id for r in read_records(tmp_path)] == ["a", "b", "c"]


def test_a_damaged_line_in_the_middle_is_named(tmp_path: Path) -> None:
    """Not skipped: one line with file, line and remedy."""
    fill(tmp_path, "a", "b")
    path = tmp_path / RECORDS
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + b'{"schema_version": "x"}\n' + second)
    with pytest.raises(InputError, match=r"records\.jsonl, line 2: .*fix that line, or run: evalkit repair"):
        list(read_records(tmp_path))


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    """Two writers on one run folder would tear each other's lines."""
    with Journal(tmp_path), pytest.raises(UsageError, match="another process"):
        Journal(tmp_path)
    Journal(tmp_path).close()


def test_failures_are_kept_apart(tmp_path: Path) -> None:
    """A failed attempt is no record."""
    failure = Failure(
        task="t", model="m", sample_id="a", epoch=1, prompt_threshold=None, stage="completion", error="503"
    )
    with Journal(tmp_path) as book:
        book.fail(failure)
    assert list(read_failures(tmp_path)) == [failure]
    assert list(read_records(tmp_path)) == []
