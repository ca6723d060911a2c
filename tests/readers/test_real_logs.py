"""Real outputs of other harnesses, against counts made by hand; skipped where they are absent."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.dataset.source import Source
from evalkit.errors import EvalkitError
from evalkit.rescoring.discover import detect
from evalkit.rescoring.rescore import Terms, rescore_files

ROOT = Path(__file__).resolve().parent.parent.parent
REAL = ROOT.parent / "shared" / "real"
UNGRADED = {"ifeval/google-gpt4/input_response_data_gpt4_20231107_145030.jsonl"}


def load() -> ModuleType:
    """scripts/agreement.py, which makes the table in docs/validity.md."""
    spec = importlib.util.spec_from_file_location("agreement", ROOT / "scripts" / "agreement.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["agreement"] = module
    spec.loader.exec_module(module)
    return module


AGREEMENT = load()
FILES: list[tuple[str, dict[str, Any]]] = list(AGREEMENT.truths()) if REAL.is_dir() else []
pytestmark = pytest.mark.skipif(not FILES, reason=f"{REAL} is absent: real logs are not part of the project")


@pytest.mark.parametrize(("file", "total"), FILES, ids=[file for file, _ in FILES])
def test_right_stays_right_and_no_row_is_lost(file: str, total: dict[str, Any]) -> None:
    """N + missing are the file's rows, and correct is what the file calls right."""
    found = AGREEMENT.compare(file, total)
    if file in UNGRADED:
        assert "ungraded" in found
        return
    assert not isinstance(found, str), found
    assert found.agrees, found
    assert found.found_n == found.found_correct + found.found_error + found.found_idk


def test_no_file_is_of_two_formats() -> None:
    """Whichever reader is asked first, the answer is the same."""
    from evalkit import plugins

    readers = {name: plugins.find("readers", name) for name in plugins.names("readers")}
    for path in (path for path in REAL.rglob("*") if path.is_file() and path.suffix not in (".md", ".txt", ".yaml")):
        source = Source(path)
        assert sum(reader.sniff(source.head) for reader in readers.values()) <= 1, path


SMALL = [file for file, _ in FILES if (REAL / file).stat().st_size < 1_200_000]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9))
def test_a_damaged_file_is_read_or_refused_in_one_line(seed: int, tmp_path: Path) -> None:
    """Cut off, NULs, bytes changed or doubled, in every real format: an error with a name, never another exception."""
    draw = random.Random(seed)
    original = REAL / draw.choice(SMALL)
    data = bytearray(original.read_bytes())
    for _ in range(draw.randint(1, 4)):
        place = draw.randrange(len(data))
        kind = draw.choice(["cut", "null", "flip", "double", "insert"])
        if kind == "cut" and place > 10:
            del data[place:]
        elif kind == "null":
            data[place : place + 40] = b"\0" * min(40, len(data) - place)
        elif kind == "flip":
            data[place] ^= 1 << draw.randrange(8)
        elif kind == "double":
            data[place:place] = data[place : place + 200]
        else:
            data[place:place] = draw.choice([b"\xff\xfe", b'"', b"{", b"NaN", b"]]]]", b"\n", b"1e999"])
    path = tmp_path / original.name
    path.write_bytes(bytes(data))
    said = ""
    try:
        if detect(Source(path)) is not None:
            rescore_files([path], Terms(skip_bad=draw.random() < 0.5), tmp_path / "out")
    except EvalkitError as error:
        said = str(error)
    assert not said or (path.name in said and "\n" not in said)
