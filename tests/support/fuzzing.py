"""Mutations of one small file of every format: whatever a file holds, rescoring it ends in a result or in one line.

Case k of a seed is always the same, so that a number is enough to see it again:

    python tests/support/fuzzing.py --seed 1 --case 4711
    python tests/support/fuzzing.py --seed 1 --seconds 600 --processes 2
"""

from __future__ import annotations

import argparse
import bz2
import contextlib
import copy
import functools
import gzip
import io
import json
import lzma
import multiprocessing
import random
import re
import resource
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
import traceback
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import zstandard

sys.path.insert(0, str(Path(__file__).parent))
from foreign_formats import FORMATS

import evalkit
from evalkit import plugins
from evalkit.errors import EvalkitError, UsageError
from evalkit.report import rescore as report
from evalkit.report import run
from evalkit.rescoring.rescore import Terms, rescore_files

LONGEST = 20
"""Seconds after which a case hangs."""
HELM = {
    "scenario_state.json": {"adapter_spec": {"model": "lab/m"}, "request_states": [
        {"instance": {"id": "a", "split": "test", "input": {"text": "Who?"},
                      "references": [{"output": {"text": "Ely"}, "tags": ["correct"]}]},
         "train_trial_index": 0, "output_mapping": {"A": "Ely"},
         "result": {"success": True, "completions": [{"text": "A"}]}}]},
    "per_instance_stats.json": [{"instance_id": "a", "train_trial_index": 0,
                                 "stats": [{"name": {"name": "exact_match"}, "count": 1, "mean": 1.0}]}],
    "run_spec.json": {"name": "bbq:subject=all,model=lab_m"},
}  # fmt: skip
TABLE = [
    {
        "id": f"q{k}",
        "question": "When?",
        "answer": said,
        "target": "1894",
        "ok": ok,
        "p": p,
        "t": 0.5,
        "e": k % 2,
        "m": "lab/m",
    }
    for k, (said, ok, p) in enumerate((("1894", 1, 0.9), ("1902", 0, 0.4), ("I don't know.", 0, None), ("", None, 0.1)))
]
MAP = {
    "id": "id", "question": "question", "answer": "answer", "target": "target", "verdict": "ok", "confidence": "p",
    "threshold": "t", "epoch": "e", "model": "m",
}  # fmt: skip
ODD: list[Any] = [
    None, [], {}, "", " ", "\ud83d", "\0", "nan", 0, 1, -1, 0.5, 1e308, float("inf"), float("-inf"), float("nan"),
    10**30, 2**63, True, False, [None], [[]], [{}], {"": None}, {"a": {"a": {}}}, "x" * 5000, "\n\r\u2028", "\x1b[31m",
    "1e999", "-0", [1, 2], ["a", {"b": 1}], {"text": ["x"]}, {"content": None}, "../../x", "C", "N", "I", "A", "true",
    "[]", "{}", "1,5", "150%",
]  # fmt: skip
BYTES = [
    b"\0",
    b"\xff",
    b"\xed\xa0\x80",
    b"\n",
    b"\r",
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b";",
    b"\t",
    b"\xef\xbb\xbf",
    b"1e999",
    b"NaN",
]
SOURCES = Path(evalkit.__file__).parent / "readers"
WORDS = sorted(
    {word for path in SOURCES.glob("*.py") for word in re.findall(r'"([A-Za-z_][\w.-]{1,40})"', path.read_text())}
)
"""Names and words that readers look for: most files have only some of the fields that a reader reads."""
_OWN_FAULT = re.compile(r"^reader [\w-]+, (recognizing )?[^:]*(?=: \w+(Error|Exception|Interrupt)\b)")
"""How an exception inside a reader is reported: as if the reader were a plug-in of the user's."""
PACKERS: list[Callable[[bytes], bytes]] = [
    gzip.compress, bz2.compress, lzma.compress, lambda data: zstandard.ZstdCompressor().compress(data),
]  # fmt: skip


class Case(NamedTuple):
    """One input."""

    base: str
    files: dict[str, bytes]
    terms: dict[str, Any]


@dataclass
class Findings:
    """What many cases came to."""

    cases: int = 0
    read: int = 0
    refused: int = 0
    hangs: list[int] = field(default_factory=list)
    failures: dict[str, list[int]] = field(default_factory=dict)
    """Exception and place → cases."""
    peak: int = 0
    """Bytes of memory of the largest process."""

    def add(self, other: Findings) -> None:
        """Take in what another process found."""
        self.cases += other.cases
        self.read += other.read
        self.refused += other.refused
        self.hangs += other.hangs
        self.peak = max(self.peak, other.peak)
        for place, cases in other.failures.items():
            self.failures.setdefault(place, []).extend(cases)

    def __str__(self) -> str:
        failed = sum(map(len, self.failures.values()))
        outcomes = (
            f"{self.read:,} read, {self.refused:,} refused in one line, {failed} failures, {len(self.hangs)} hangs"
        )
        lines = [f"{self.cases:,} cases: {outcomes}, peak {self.peak >> 20} MB"]
        lines += [
            f"  {len(cases):>5} {place}; first: case {min(cases)}" for place, cases in sorted(self.failures.items())
        ]
        return "\n".join([*lines, *(f"  hang: case {k}" for k in self.hangs)])


class _HangError(BaseException):
    """A case took too long; no `except Exception` takes it for an error of its own."""


def bases() -> dict[str, dict[str, bytes]]:
    """Every format's files by name; tables for `--map` begin with "map"."""
    frame = pd.DataFrame(TABLE)
    made = {name: {"log.dat": content} for name, (content, _) in FORMATS.items()}
    made["helm"] = {name: json.dumps(content).encode() for name, content in HELM.items()}
    tables = {
        "csv": frame.to_csv(index=False).encode(), "semicolons": frame.to_csv(index=False, sep=";").encode("utf-16"),
        "lines": frame.to_json(orient="records", lines=True).encode(), "split": frame.to_json(orient="split").encode(),
        "columns": frame.to_json().encode(), "parquet": _binary(frame.to_parquet), "feather": _binary(frame.to_feather),
        "xlsx": _binary(lambda file: frame.to_excel(file, index=False, engine="openpyxl")), "sqlite": _database(frame),
    }  # fmt: skip
    return made | {f"map {name}": {"log.dat": content} for name, content in tables.items()}


def make_case(seed: int, number: int, files: dict[str, dict[str, bytes]]) -> Case:
    """Make a case; the same for the same seed and number."""
    rng = random.Random(f"{seed}/{number}")
    base = rng.choice(sorted(files))
    content = dict(files[base])
    changed = rng.choice(sorted(content))
    data = content[changed]
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        data = _mutated(rng, data, files)
    if rng.random() < 0.1:
        data = rng.choice(PACKERS)(data)
        if rng.random() < 0.5:
            data = _bytes(rng, data, files)
    content[changed] = data
    if "log.dat" in content and rng.random() < 0.08:
        other = rng.choice(sorted(name for name in files if "log.dat" in files[name]))
        content["other.dat"] = _mutated(rng, files[rng.choice((base, other))]["log.dat"], files)
    return Case(base, content, _terms(rng, base))


def run_case(case: Case, folder: Path) -> str:
    """Rescore a case.

    Returns:
        "read" or "refused"; else the exception and where it was raised.
    """
    inputs = folder / "in"
    inputs.mkdir(parents=True, exist_ok=True)
    for name, data in case.files.items():
        (inputs / name).write_bytes(data)
    try:
        _rescore_and_print(case, inputs, folder / "out")
    except EvalkitError as error:
        text = str(error)
        if "\n" in text or not _can_be_printed(text):
            return f"a message that is not one printable line: {text.partition(chr(58))[2][:60]!r}"
        if isinstance(error, UsageError) and _OWN_FAULT.search(text):
            return f"a reader's own fault: {_OWN_FAULT.sub('reader', text)[-150:]}"
        return "refused"
    except _HangError:
        raise
    except BaseException as error:  # noqa: BLE001 - a user would see a traceback
        place = next(
            (
                f"{f.filename.rpartition('/work/')[2]}:{f.lineno}"
                for f in reversed(traceback.extract_tb(error.__traceback__))
                if "/evalkit/" in f.filename
            ),
            "?",
        )
        return f"{type(error).__name__} at {place}: {' '.join(str(error).split())[:100]}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return "read"


def _rescore_and_print(case: Case, inputs: Path, out: Path) -> None:
    """Do what the command does: rescore, print what became of the files, the table, and the JSON document."""
    rescored = rescore_files(_inputs(case, inputs), _terms_of(case, inputs), out)
    screen = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(screen):
        report.print_notes(rescored)
        report.print_table(rescored)
        json.dumps(run.document(rescored.result), allow_nan=False, ensure_ascii=False).encode()


def _inputs(case: Case, folder: Path) -> list[str | Path]:
    named = [folder / name for name in ("log.dat", "other.dat") if name in case.files]
    return [*named] or [folder]


def _terms_of(case: Case, folder: Path) -> Terms:
    """The terms of a case, whose file of gold answers is written beside the others."""
    terms = dict(case.terms)
    if "targets" in terms:
        path = folder.parent / "targets.dat"
        path.write_bytes(terms["targets"])
        terms["targets"] = path
    return Terms(**terms)


def fuzz(seed: int, numbers: Iterator[int], until: float) -> Findings:
    """Run cases until a time.

    Args:
        seed: of all cases.
        numbers: of the cases.
        until: as `time.monotonic` counts.
    """
    findings, files = Findings(), bases()
    plugins._points = functools.cache(plugins._points)  # a fifth of the time goes there, and no case changes it
    signal.signal(signal.SIGALRM, _raise_hang)
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=memory if memory.is_dir() else None) as folder:
        for number in numbers:
            if time.monotonic() > until:
                break
            case = make_case(seed, number, files)
            findings.cases += 1
            signal.alarm(LONGEST)
            try:
                outcome = run_case(case, Path(folder) / str(number))
            except _HangError:
                findings.hangs.append(number)
                continue
            finally:
                signal.alarm(0)
            if outcome in ("read", "refused"):
                setattr(findings, outcome, getattr(findings, outcome) + 1)
            else:
                findings.failures.setdefault(outcome, []).append(number)
    findings.peak = _peak()
    return findings


def measured(case: Case) -> tuple[str, int]:
    """Run a case in a process of its own.

    Returns:
        Its outcome, and the bytes of memory that the process took at most.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (case,))


def _measured(case: Case) -> tuple[str, int]:
    with tempfile.TemporaryDirectory() as folder:
        outcome = run_case(case, Path(folder) / "case")
    return outcome, _peak()


def _peak() -> int:
    """Bytes of memory that this process took at most; getrusage would count those of its parent before it began."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
    return int(found[1]) * 1024 if found else 0


def fuzz_in_processes(seed: int, seconds: float, processes: int, cases: int = sys.maxsize) -> Findings:
    """Run cases in several processes for some time, or up to a number of cases."""
    until = time.monotonic() + seconds
    findings = Findings()
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes) as pool:
        jobs = [pool.apply_async(_fuzz_every, (seed, k, processes, cases, until)) for k in range(processes)]
        for job in jobs:
            findings.add(job.get())
    return findings


def _fuzz_every(seed: int, first: int, step: int, cases: int, until: float) -> Findings:
    return fuzz(seed, iter(range(first, cases, step)), until)


def _raise_hang(*_: object) -> None:
    raise _HangError


def _terms(rng: random.Random, base: str) -> dict[str, Any]:
    terms: dict[str, Any] = {"thresholds": [0.5]}
    if base.startswith("map"):
        kept = [name for name in MAP if name in ("answer", "verdict") or rng.random() < 0.8]
        terms["mapping"] = {name: MAP[name] for name in kept}
    options: tuple[tuple[str, Any, float], ...] = (
        ("skip_bad", True, 0.2), ("pass_mark", 0.5, 0.15), ("scorer", "match", 0.05), ("policy", "confidence", 0.1),
        ("regrade", "exact", 0.05), ("extract", "([0-9]+)", 0.05), ("count_as", {"empty": "error"}, 0.05),
        ("verdicts", {"C": "correct", "N": "idk"}, 0.05), ("rows", "results", 0.02),
    )  # fmt: skip
    return terms | {name: value for name, value, share in options if rng.random() < share}


def _targets(rng: random.Random) -> bytes:
    """A file of gold answers, damaged or not."""
    rows = [{"id": name, "target": "1894", "epoch": 1} for name in ("a", "b", "q0", "q1", "1")]
    data = rng.choice((json.dumps(rows), json.dumps({row["id"]: "1894" for row in rows}), "id,target\na,1894\nb,Ely\n"))
    return (
        _mutated(rng, data.encode(), {"targets": {"log.dat": data.encode()}}) if rng.random() < 0.7 else data.encode()
    )


def _mutated(rng: random.Random, data: bytes, files: dict[str, dict[str, bytes]]) -> bytes:
    change = rng.choice((_values, _values, _values, _bytes))
    try:
        return change(rng, data, files)
    except (ValueError, RecursionError, OverflowError):
        return _bytes(rng, data, files)


def _values(rng: random.Random, data: bytes, files: dict[str, dict[str, bytes]]) -> bytes:
    """Change values inside JSON, JSON lines, a zip of JSON or a table."""
    if data.startswith(b"PK"):
        return _in_zip(rng, data, files)
    if data[:1] in (b"{", b"["):
        return _in_json(rng, data)
    text = data.decode("utf-8")
    lines = text.split("\n")
    k = rng.randrange(len(lines))
    cells = lines[k].split(",")
    cells[rng.randrange(len(cells))] = str(rng.choice(ODD)).encode("utf-8", "replace").decode()
    lines[k] = ",".join(cells)
    return "\n".join(lines).encode()


def _in_json(rng: random.Random, data: bytes) -> bytes:
    try:
        return _dumped(_changed(rng, json.loads(data)))
    except ValueError:
        lines = data.rstrip(b"\n").split(b"\n")
        k = rng.randrange(len(lines))
        lines[k] = _dumped(_changed(rng, json.loads(lines[k])))
        return b"\n".join(lines) + b"\n"


def _dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True).encode()


def _in_zip(rng: random.Random, data: bytes, files: dict[str, dict[str, bytes]]) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except (
        zipfile.BadZipFile,
        OSError,
        EOFError,
        KeyError,
        NotImplementedError,
        RuntimeError,
        zlib.error,
    ) as error:
        raise ValueError from error
    if not members:
        raise ValueError
    name = rng.choice(sorted(members))
    members[name] = (
        _in_json(rng, members[name]) if members[name][:1] in (b"{", b"[") else _bytes(rng, members[name], files)
    )
    if rng.random() < 0.1:
        members.pop(name)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return buffer.getvalue()


def _changed(rng: random.Random, document: Any) -> Any:
    """Change one place of a document: a value, a key, or how often it occurs."""
    places = [*_places(document)]
    if not places:
        return rng.choice(ODD)
    parent, key = rng.choice(places)
    kind = rng.random()
    if kind < 0.5:
        parent[key] = _odd(rng)
    elif kind < 0.58:
        del parent[key]
    elif kind < 0.66:
        other, place = rng.choice(places)
        parent[key] = copy.deepcopy(other[place])
    elif isinstance(parent, dict) and rng.random() < 0.6:
        parent[rng.choice(WORDS)] = _odd(rng)
    elif isinstance(parent, dict):
        parent[str(rng.choice(ODD)) if rng.random() < 0.5 else "score"] = parent.pop(key)
    else:
        parent.insert(key, _odd(rng))
    return document


def _odd(rng: random.Random) -> Any:
    """A value that few readers expect: alone, or inside a list or an object of a name that they look for."""
    value = copy.deepcopy(rng.choice(ODD)) if rng.random() < 0.8 else rng.choice(WORDS)
    wrapping = rng.random()
    if wrapping < 0.1:
        return [value]
    return {rng.choice(WORDS): value} if wrapping < 0.2 else value


def _places(value: Any, depth: int = 12) -> Iterator[tuple[Any, Any]]:
    """Every place in a document: its parent, and its key or position."""
    if not depth:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield value, key
            yield from _places(inner, depth - 1)
    elif isinstance(value, list):
        for k, inner in enumerate(value):
            yield value, k
            yield from _places(inner, depth - 1)


def _bytes(rng: random.Random, data: bytes, files: dict[str, dict[str, bytes]]) -> bytes:
    """Change bytes, whatever they stand for."""
    where, size = rng.randrange(len(data) + 1), rng.choice((1, 2, 8, 64))
    kind = rng.randrange(7)
    if kind == 0:
        return data[:where] + data[where + size :]
    if kind == 1:
        return data[:where] + rng.choice(BYTES) + data[where:]
    if kind == 2:
        return data[:where] + bytes(rng.randrange(256) for _ in range(size)) + data[where + size :]
    if kind == 3:
        return data[:where]
    if kind == 4:
        return data[:where] + data[where : where + size] * rng.choice((2, 3, 50)) + data[where + size :]
    if kind == 5:
        return data[:where] + rng.choice(BYTES) + data[where + 1 :]
    other = rng.choice(sorted(files))
    content = next(iter(files[other].values()))
    return data[:where] + content[rng.randrange(len(content)) :][: rng.choice((16, 200, 5000))] + data[where:]


def _can_be_printed(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _binary(write: Callable[[io.BytesIO], object]) -> bytes:
    buffer = io.BytesIO()
    write(buffer)
    return buffer.getvalue()


def _database(frame: pd.DataFrame) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.db"
        with sqlite3.connect(path) as base:
            frame.to_sql("answers", base, index=False)
        base.close()
        return path.read_bytes()


def main() -> None:
    """Fuzz for some time, or show one case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--cases", type=int, default=sys.maxsize)
    parser.add_argument("--case", type=int, help="run this one alone, and show its input and outcome")
    args = parser.parse_args()
    if args.case is None:
        findings = fuzz_in_processes(args.seed, args.seconds, args.processes, args.cases)
        sys.stdout.write(f"{findings}\n")
        sys.exit(bool(findings.failures or findings.hangs))
    case = make_case(args.seed, args.case, bases())
    sys.stdout.write(f"{case.base} {case.terms}\n")
    for name, data in case.files.items():
        sys.stdout.write(f"{name}: {data[:3000]!r}\n")
    with tempfile.TemporaryDirectory() as folder:
        inputs = Path(folder) / "in"
        inputs.mkdir()
        for name, data in case.files.items():
            (inputs / name).write_bytes(data)
        _rescore_and_print(case, inputs, Path(folder) / "out")


if __name__ == "__main__":
    main()
