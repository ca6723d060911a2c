"""Whatever a file holds, rescoring it ends in a result or in one line that names it."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import fuzzing
import pyarrow as pa
import pytest
from foreign_formats import FORMATS
from pyarrow import feather, ipc, parquet

from evalkit.dataset.parquet_pages import pages_size

SECONDS = float(os.environ.get("EVALKIT_FUZZ_SECONDS", "60"))
"""How long the fuzzer runs; `make soak` gives it more."""
MOST = 700 << 20
"""Bytes of memory that no small file may take."""
LITTLE = 400 << 20
"""Bytes of memory of a process that has refused a file before unpacking it."""
MAPPED = {"mapping": {"answer": "answer"}}


def test_a_case_is_the_same_whenever_it_is_made() -> None:
    """So that a number is enough to see it again."""
    files = fuzzing.bases()
    assert fuzzing.make_case(3, 5, files) == fuzzing.make_case(3, 5, fuzzing.bases())
    assert len({repr(fuzzing.make_case(3, k, files)) for k in range(50)}) > 45


def test_every_format_is_among_the_files_that_are_changed() -> None:
    """A new reader is fuzzed as soon as it has a fixture."""
    assert set(FORMATS) | {"helm", "map csv", "map xlsx", "map sqlite"} <= set(fuzzing.bases())


@pytest.mark.parametrize("error", [TypeError("half made"), MemoryError(), RecursionError("too deep")])
def test_the_fuzzer_notices_what_a_user_would_see_as_a_traceback(
    error: Exception, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A fuzzer that finds nothing is worth nothing unless it could."""

    def broken(*_: Any) -> None:
        raise error

    monkeypatch.setattr(fuzzing, "rescore_files", broken)
    outcome = fuzzing.run_case(fuzzing.Case("x", {"log.dat": b"{}"}, {}), tmp_path / "case")
    assert outcome.startswith(type(error).__name__)


@pytest.mark.slow
def test_no_change_to_any_file_ends_in_a_traceback_a_hang_or_a_full_memory() -> None:
    """Another part of the same cases with every length of time; the number of a case shows it again."""
    findings = fuzzing.fuzz_in_processes(seed=1, seconds=SECONDS, processes=min(2, os.cpu_count() or 1))
    assert findings.cases > SECONDS
    assert not findings.failures, str(findings)
    assert not findings.hangs, str(findings)
    assert findings.peak < MOST, str(findings)


@pytest.mark.parametrize(
    ("inside", "before", "after"),
    [
        (b"[],", b'{"a": [', b"0]}"),
        (b'{"a":1},', b"[", b"{}]"),
        (b'{"a":1}\n', b"", b""),
        (b"x", b'[{"a": "', b'"}]'),
    ],
    ids=["lists", "objects", "lines", "text"],
)
@pytest.mark.slow
def test_a_small_packed_file_may_not_fill_the_memory(
    inside: bytes, before: bytes, after: bytes, tmp_path: Path
) -> None:
    """A hundred megabytes in a hundred kilobytes; measured in a process of its own."""
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(before + inside * (100_000_000 // len(inside)) + after, 9))
    case = fuzzing.Case("bomb", {"log.dat": path.read_bytes()}, {"mapping": {"answer": "a"}})
    outcome, peak = fuzzing.measured(case)
    assert outcome == "refused"
    assert peak < MOST, json.dumps({"peak": peak})


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_a_value_that_is_stored_once_may_not_fill_the_memory(kind: str, tmp_path: Path) -> None:
    """Sixty megabytes in two thousand rows: a hundred gigabytes in a file of one."""
    once = pa.DictionaryArray.from_arrays(pa.array([0] * 2000, pa.int32()), pa.array(["a" * 60_000_000]))
    filling = pa.array([os.urandom(1_000_000), *[b""] * 1999])  # a larger file may unpack to more
    table = pa.table({"filling": filling, "answer": once})
    path = tmp_path / f"bomb.{kind}"
    if kind == "parquet":
        parquet.write_table(table, path, compression="zstd")
    else:
        feather.write_feather(table, path, compression="zstd")
    case = fuzzing.Case("bomb", {f"log.{kind}": path.read_bytes()}, {"mapping": {"answer": "answer"}})
    outcome, peak = fuzzing.measured(case)
    assert outcome == "refused"
    assert peak < MOST, json.dumps({"peak": peak})


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["feather", "arrow stream", "many batches"])
def test_a_batch_that_unpacks_to_gigabytes_is_refused_before_it_is_unpacked(kind: str, tmp_path: Path) -> None:
    """Four gigabytes of one letter in some hundred kilobytes; each batch says beforehand how large it is."""
    batch = pa.record_batch({"answer": ["a" * 200_000_000] * 4 if kind != "many batches" else ["a" * 1_000_000] * 50})
    path = tmp_path / "bomb.arrow"
    packed = ipc.IpcWriteOptions(compression="zstd")
    make = ipc.new_stream if kind == "arrow stream" else ipc.new_file
    with make(path, batch.schema, options=packed) as writer:
        for _ in range(1 if kind != "many batches" else 20):
            writer.write_batch(batch)
    case = fuzzing.Case("bomb", {"log.arrow": path.read_bytes()}, {"mapping": {"answer": "answer"}})
    outcome, peak = fuzzing.measured(case)
    assert outcome == "refused"
    assert peak < LITTLE, json.dumps({"peak": peak})


@pytest.mark.parametrize("compression", ["zstd", "snappy", "none", "gzip"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_the_pages_of_a_parquet_file_say_what_they_unpack_to(compression: str, version: str, tmp_path: Path) -> None:
    """The footer's sizes may be false; the pages' own are what a reader reserves."""
    words = [f"answer {k}" * 50 for k in range(20_000)]
    table = pa.table({"answer": words, "n": list(range(20_000)), "same": pa.array(["x"] * 20_000).dictionary_encode()})
    path = tmp_path / "log.parquet"
    parquet.write_table(table, path, compression=compression, data_page_version=version, row_group_size=5_000)
    metadata = parquet.ParquetFile(path).metadata
    for k in range(metadata.num_row_groups):
        group = metadata.row_group(k)
        footer = sum(group.column(c).total_uncompressed_size for c in range(group.num_columns))
        assert 0.9 * footer < pages_size(path, group) <= footer


@pytest.mark.slow
def test_a_parquet_page_that_is_larger_than_its_footer_says_is_refused(tmp_path: Path) -> None:
    """Two hundred megabytes whose footer claims almost none: the pages are believed."""
    path = tmp_path / "log.parquet"
    table = pa.table({"answer": ["a" * 100_000_000] * 8})
    parquet.write_table(table, path, compression="zstd", use_dictionary=False, write_statistics=False)
    claimed = _zigzag(parquet.ParquetFile(path).metadata.row_group(0).total_byte_size)
    data = path.read_bytes()
    assert data.count(claimed) >= 2
    body, footer = data[:-4096], data[-4096:]
    case = fuzzing.Case("bomb", {"log.parquet": body + footer.replace(claimed, _small(len(claimed)))}, MAPPED)
    outcome, peak = fuzzing.measured(case)
    assert outcome == "refused"
    assert peak < LITTLE, json.dumps({"peak": peak})


def _zigzag(value: int) -> bytes:
    """A number as Thrift's compact protocol writes it."""
    value, out = value << 1, bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _small(length: int) -> bytes:
    """The number 0 in as many bytes."""
    return b"\x80" * (length - 1) + b"\x00"
