"""Published benchmarks: rows from the hub, or from local files in the publisher's layout.

evalkit ships no benchmark data. A task states where its rows are published and which local files may contain them.
Every row knows its location, so that errors can name it.
"""

from __future__ import annotations

import ast
import csv
import gzip
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from evalkit.dataset.busy import causes, retried, wait_if_busy
from evalkit.dataset.cells import allow_long_cells
from evalkit.errors import InputError

DATA = "EVALKIT_DATA"
"""Environment variable with the folder of local files; `--data` overrides it."""


class BenchmarkRow(dict[str, Any]):
    """One row: column → value. Errors about missing columns or wrong types name the row's location."""

    def __init__(self, values: Mapping[str, Any], where: str, part: str = "") -> None:
        super().__init__(values)
        self.where = where
        """File and line, or hub id and row number."""
        self.part = part
        """Name of the file without extensions, or the configuration on the hub."""

    def __missing__(self, key: str) -> Any:
        raise InputError(f"{self.where}: no column {key!r}; the columns are {', '.join(map(str, self)) or 'none'}")

    def text(self, key: str) -> str:
        """Read a column as text; a number counts as text.

        Raises:
            InputError: it is missing, or something else.
        """
        value = self[key]
        if not isinstance(value, str | int | float):
            raise InputError(f"{self.where}: {key} is {type(value).__name__}, not text")
        return str(value)

    def number(self, key: str) -> float:
        """Read a column as a number.

        Raises:
            InputError: it is missing, or not a number.
        """
        try:
            return float(self[key])
        except (TypeError, ValueError) as error:
            raise InputError(f"{self.where}: {key} {self[key]!r} is not a number") from error

    def option(self, key: str, options: Sequence[str]) -> str:
        """Return the option that a column names, by letter or by position from 0.

        Raises:
            InputError: it names none of the options.
        """
        value = self[key]
        place = ord(value) - ord("A") if isinstance(value, str) and len(value) == 1 and value.isalpha() else value
        if not isinstance(place, int) or not 0 <= place < len(options):
            raise InputError(f"{self.where}: {key} {value!r} is none of the {len(options)} options")
        return options[place]

    def found(self, key: str, value: str | None) -> str:
        """Return what was found in a column.

        Raises:
            InputError: nothing was found (None).
        """
        if value is None:
            raise InputError(f"{self.where}: {key} holds no answer")
        return value

    def texts(self, key: str) -> list[str]:
        """Read a column as a list of texts; the list may be written as Python code.

        Raises:
            InputError: it is missing, or something else.
        """
        value = self[key]
        if isinstance(value, str):
            try:
                value = ast.literal_eval(value)
            except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
                raise InputError(f"{self.where}: {key} is not a list") from error
        if not isinstance(value, list | tuple) or not all(isinstance(one, str | int | float) for one in value):
            raise InputError(f"{self.where}: {key} is not a list of texts")
        return [str(one) for one in value]

    def objects(self, key: str, least: int = 0) -> list[BenchmarkRow]:
        """Read a column as a list of rows.

        Args:
            key: the column.
            least: how many rows there must be.

        Raises:
            InputError: it is missing, too short, or something else.
        """
        value = self[key]
        if not isinstance(value, list | tuple) or not all(isinstance(one, Mapping) for one in value):
            raise InputError(f"{self.where}: {key} is not a list of objects")
        if len(value) < least:
            raise InputError(f"{self.where}: {key} is empty")
        return [BenchmarkRow(one, f"{self.where}, {key} {k}", self.part) for k, one in enumerate(value, start=1)]


@dataclass(frozen=True)
class Rows:
    """A benchmark's rows and their version."""

    rows: Iterator[BenchmarkRow]
    revision: dict[str, str]
    """For run.json: hub id, revision asked for and commit found; or the files."""

    def __iter__(self) -> Iterator[BenchmarkRow]:
        return self.rows


@dataclass(frozen=True)
class Hub:
    """Where a benchmark is published, and the names of its local files."""

    id: str
    """Id of the data set on the Hugging Face hub."""
    splits: Sequence[str] = ("test",)
    configs: Sequence[str | None] = (None,)
    revision: str = "main"
    files: Sequence[str] = field(default=())
    """File patterns in the data folder; the first pattern with a match is used."""


def benchmark_rows(hub: Hub, data: str | None = None) -> Rows:
    """Read a benchmark from local files if a folder is given, else stream it from the hub.

    Args:
        hub: where it is published, and the names of its local files.
        data: a folder with such files, or one of them; default: the environment variable EVALKIT_DATA.

    Raises:
        InputError: the files are missing; or the hub cannot be reached, or requires an account. Iterating may raise it
            as well.
    """
    where = data or local_folder()
    if not where:
        return _from_hub(hub)
    paths = _local(hub, Path(where))
    return Rows(_read(paths), {"files": ", ".join(path.name for path in paths)})


def example_rows(hub: Hub, data: str | None = None) -> list[BenchmarkRow]:
    """Read rows that need not be there, such as the worked examples of a benchmark; none is an empty list.

    Args:
        hub: where they are published, and the names of their local files; without an id they are on no hub.
        data: as for `benchmark_rows`; beside a single file, its folder is searched.

    Raises:
        InputError: a file that is there cannot be read; or the hub cannot be reached.
    """
    where = data or local_folder()
    if not where:
        return list(_from_hub(hub)) if hub.id else []
    root = Path(where)
    return list(_read(_matching(hub, root.parent if root.is_file() else root)))


def local_folder() -> str | None:
    """Return the folder in EVALKIT_DATA; None if it is unset or empty."""
    return os.environ.get(DATA) or None


def _local(hub: Hub, root: Path) -> list[Path]:
    if root.is_file():
        return [root]
    if not root.is_dir():
        raise InputError(f"--data {root}: no such file or folder")
    if paths := _matching(hub, root):
        return paths
    raise InputError(f"--data {root}: no file of {hub.id} found there; expected {', '.join(hub.files)}")


def _matching(hub: Hub, root: Path) -> list[Path]:
    """The files of the first pattern that has some; a pattern's folder may be left out."""
    for pattern in hub.files:
        for candidate in (pattern, Path(pattern).name):
            if paths := sorted(path for path in root.glob(candidate) if path.is_file()):
                return paths
    return []


def _read(paths: Sequence[Path]) -> Iterator[BenchmarkRow]:
    for path in paths:
        part = path.name.split(".", 1)[0]
        name = path.name.removesuffix(".gz")
        readers = {".jsonl": _lines, ".json": _document, ".csv": _table, ".parquet": _parquet, ".txt": _whole}
        reader = readers.get(Path(name).suffix)
        if reader is None:
            raise InputError(f"{path}: unknown ending; it must be one of {', '.join(readers)}")
        try:
            for where, values in reader(path):
                yield BenchmarkRow(values, where, part)
        except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
            raise InputError(f"{path} cannot be read: {' '.join(str(error).split())[:200]}") from error


def _text(path: Path) -> Any:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with _text(path) as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield f"{path}:{number}", _object(line, f"{path}:{number}")


def _document(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with _text(path) as file:
        content = _parsed(file.read(), str(path))
    entries = content if isinstance(content, list) else [content]
    for number, row in enumerate(entries, start=1):
        if not isinstance(row, dict):
            raise InputError(f"{path}: entry {number} is not an object")
        yield f"{path}, entry {number}", row


def _whole(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """A text file as one row with the column `text`."""
    with _text(path) as file:
        yield str(path), {"text": file.read()}


def _table(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    allow_long_cells()
    with _text(path) as file:
        reader = csv.DictReader(file)
        for row in reader:
            if None in row or None in row.values():
                raise InputError(f"{path}:{reader.line_num}: more or fewer cells than the header has")
            yield f"{path}:{reader.line_num}", row


def _parquet(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        for batch in pq.ParquetFile(path).iter_batches(256):
            for row in batch.to_pylist():
                number += 1
                yield f"{path}, row {number}", row
    except pa.ArrowException as error:
        raise InputError(f"{path} is damaged after row {number}: {str(error)[:200]}") from error


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not JSON ({error})") from error


def _object(line: str, where: str) -> dict[str, Any]:
    value = _parsed(line, where)
    if not isinstance(value, dict):
        raise InputError(f"{where}: not a JSON object")
    return value


def _from_hub(hub: Hub) -> Rows:
    commit = _commit(hub)
    revision = {"hub": hub.id, "revision": hub.revision, "commit": commit}
    if len(hub.configs) == 1 and hub.configs[0]:
        revision["config"] = hub.configs[0]
    return Rows(_stream(hub, commit), revision)


def _commit(hub: Hub) -> str:
    """The revision's current commit, so that all rows come from one version."""
    from huggingface_hub import HfApi

    try:
        return str(retried(lambda: HfApi().dataset_info(hub.id, revision=hub.revision, timeout=30)).sha)
    except Exception as error:  # the libraries raise errors of many kinds
        raise _unreachable(hub, error) from error


def _stream(hub: Hub, commit: str) -> Iterator[BenchmarkRow]:
    for config in hub.configs:
        for split in hub.splits:
            yield from _stream_part(hub, commit, config, split)


def _stream_part(hub: Hub, commit: str, config: str | None, split: str) -> Iterator[BenchmarkRow]:
    """Rows of one configuration and split; where the hub is too busy, from the row it had come to."""
    import datasets

    part, done, attempt = config or split, 0, 1
    while True:
        try:
            rows = datasets.load_dataset(hub.id, config, split=split, revision=commit, streaming=True)
            for number, row in enumerate(rows, start=1):
                if number > done:
                    yield BenchmarkRow(cast("dict[str, Any]", row), f"{hub.id} {part}, row {number}", part)
                    done, attempt = number, 1
        except InputError:
            raise
        except Exception as error:  # likewise
            if not wait_if_busy(error, attempt):
                raise _unreachable(hub, error) from error
            attempt += 1
        else:
            return


def _unreachable(hub: Hub, error: Exception) -> InputError:
    local = f"give its files ({', '.join(hub.files)}) with --data DIR"
    reason = " ".join(str(error).split())
    # An absent repository is called "private or gated" too: the hub does not tell them apart.
    if any(type(one).__name__ == "GatedRepoError" for one in causes(error)) or "is a gated dataset" in reason:
        return InputError(
            f"{hub.id} is gated: accept its terms at https://huggingface.co/datasets/{hub.id} with an account,"
            f" then set HF_TOKEN to a token of that account; or {local}"
        )
    return InputError(f"{hub.id} cannot be read from the hub ({type(error).__name__}: {reason[:160]}); {local}")
