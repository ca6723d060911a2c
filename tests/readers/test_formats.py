"""Each foreign format in a few rows: recognized under any name, read, and sorted by the policy."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import zstandard
from foreign import rescored, totals
from foreign_formats import FORMATS

from evalkit import plugins
from evalkit.dataset.source import Source
from evalkit.runs.journal import read_records

FOLDERS = {"helm"}
"""Formats that spread a run over several files; test_harnesses.py has them."""
OURS = {point.name for point in entry_points(group="evalkit.readers") if point.value.startswith("evalkit.readers.")}


def test_every_reader_has_a_fixture() -> None:
    """A clone without anybody's logs tests every reader."""
    assert set(FORMATS) | FOLDERS == OURS


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_reader_bears_the_name_that_it_is_registered_under(name: str) -> None:
    """What `--format` takes is what run.json records."""
    reader = plugins.find("readers", name)
    assert reader.name == name
    assert reader.about


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, zstandard.ZstdCompressor().compress], ids=["plain", "gz", "zst"]
)
def test_each_format_is_recognized_and_sorted(name: str, pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """The file's name does not matter, nor whether it is packed."""
    content, expected = FORMATS[name]
    if content.startswith((b"PK", b"PAR1")) and pack is not bytes:
        pytest.skip("packed by itself")
    path = tmp_path / "anything.dat"
    path.write_bytes(pack(content))
    found = rescored(path, tmp_path / "out")
    assert found.files[0].format == name
    assert totals(found) == expected
    assert all(str(record.source).startswith(f"{path}:") for record in read_records(found.result.folder))
    assert not any(str(record.source).endswith(":") for record in read_records(found.result.folder))


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_no_two_readers_recognize_the_same_file(name: str, tmp_path: Path) -> None:
    """Whichever is asked first, the answer is the same."""
    path = tmp_path / "anything.dat"
    path.write_bytes(FORMATS[name][0])
    head = Source(path).head
    assert [n for n in plugins.names("readers") if plugins.find("readers", n).sniff(head)] == [name]
