"""The site, the list of runs and the leaderboard survive any run folder: it is named and left out."""

from __future__ import annotations

import json
import os
import re
import shutil
import tracemalloc
from pathlib import Path
from random import Random

import pytest
from asgi import get_from
from click.testing import CliRunner
from hostile_folders import SPECIAL, mutate

import evalkit
from evalkit.cli import cli
from evalkit.web.app import make_app

FOLDERS = int(os.environ.get("EVALKIT_FOLDERS", "15"))
"""How many mutated folders are tried; `make soak` tries five hundred."""
PAGES = ("/", "/board", "/run?run=bad", "/records?run=bad&text=x", "/record?run=bad&k=0", "/record?run=bad&k=f0")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with several targets, and a failure."""
    out = tmp_path_factory.mktemp("good")
    folder = evalkit.run(
        ["letters", "birthdays"], model="baseline/guess", limit=4, thresholds=[None, 0.5, 0.75], out=out, name="good"
    ).folder
    failure = {
        "task": "letters", "model": "baseline/guess", "sample_id": "a", "epoch": 1, "prompt_threshold": None,
        "stage": "completion", "error": "no answer",
    }  # fmt: skip
    (folder / "failures.jsonl").write_text(json.dumps(failure) + "\n", encoding="utf-8")
    return folder


def check_survived(folder: Path, *, is_run: bool) -> None:
    """Every page answers, and the good run is in the lists and on the board."""
    app = make_app(folder, ["localhost"])
    pages = {path: get_from(app, path) for path in PAGES}
    assert {path: status for path, (status, _) in pages.items() if status not in (200, 404)} == {}
    for path in ("/", "/board"):
        assert pages[path][0] == 200
        assert "fine" in pages[path][1]
    assert not is_run or "bad" in pages["/"][1]
    for argv in (["leaderboard", str(folder), "--format", "json"], ["list", "runs", "--out", str(folder)]):
        done = CliRunner().invoke(cli, [*argv, *["--out", str(folder / "out")] * (argv[0] == "leaderboard")])
        assert (done.exit_code, done.exception) == (0, None)
        assert "fine" in done.output
    shown = CliRunner().invoke(cli, ["show", str(folder / "bad")])
    assert shown.exception is None or isinstance(shown.exception, evalkit.EvalkitError), shown.exception


@pytest.mark.parametrize("change", SPECIAL, ids=lambda change: change.__name__.strip("_"))
@pytest.mark.parametrize("name", ["run.json", "records.jsonl", "failures.jsonl"])
def test_files_that_are_none(name: str, change: object, good: Path, tmp_path: Path) -> None:
    """A pipe, a device without an end, a folder, a link to nothing or to itself, a socket, one without permission."""
    shutil.copytree(good, tmp_path / "fine")
    shutil.copytree(good, tmp_path / "bad")
    assert callable(change)
    change(tmp_path / "bad" / name, Random(1))
    check_survived(tmp_path, is_run=os.path.lexists(tmp_path / "bad" / "run.json"))


@pytest.mark.parametrize("seed", range(FOLDERS))
def test_mutated_folders(seed: int, good: Path, tmp_path: Path) -> None:
    """Fields of any kind, bytes changed, ends torn off, everything twice, nested without end; a number is a case."""
    shutil.copytree(good, tmp_path / "fine")
    shutil.copytree(good, tmp_path / "bad")
    mutate(tmp_path / "bad", Random(seed))
    check_survived(tmp_path, is_run=os.path.lexists(tmp_path / "bad" / "run.json"))


def test_an_unreadable_run_is_named_with_the_reason(good: Path, tmp_path: Path) -> None:
    """On the list, on the board's page and by the command."""
    shutil.copytree(good, tmp_path / "fine")
    shutil.copytree(good, tmp_path / "bad")
    (tmp_path / "bad" / "run.json").write_text('{"scorecards": [{"n": -1}]}', encoding="utf-8")
    app = make_app(tmp_path, ["localhost"])
    for path in ("/", "/board"):
        status, body = get_from(app, path)
        assert status == 200
        assert re.search(r"bad/run\.json: scorecards", body)
    done = CliRunner().invoke(cli, ["leaderboard", str(tmp_path)])
    assert done.exit_code == 0
    assert "bad/run.json: scorecards" in " ".join(done.output.split())


def test_a_run_named_by_itself_must_be_readable(good: Path, tmp_path: Path) -> None:
    """Left out, there would be nothing: one line that names the file."""
    shutil.copytree(good, tmp_path / "bad")
    (tmp_path / "bad" / "records.jsonl").write_bytes(b"x\n" * 3)
    done = CliRunner().invoke(cli, ["leaderboard", str(tmp_path / "bad")])
    assert isinstance(done.exception, evalkit.EvalkitError)
    assert "records.jsonl, line 1" in str(done.exception)
    assert "evalkit repair" in str(done.exception)


def test_links_of_nested_runs_lead_to_their_pages(good: Path, tmp_path: Path) -> None:
    """Experiments keep runs in folders of their own; names with spaces and signs too."""
    for place in ("fine", "iiv/a model/one", "iiv/50% & more?/two"):
        shutil.copytree(good, tmp_path / place)
    app = make_app(tmp_path, ["localhost"])
    for start in ("/", "/board"):
        body = get_from(app, start)[1]
        links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/(?:run|records)\?[^"#]*)"', body)}
        assert len([link for link in links if link.startswith("/run?")]) == 3
        for link in links:
            assert get_from(app, link)[0] == 200, link


def test_the_site_writes_nothing(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outputs of other harnesses beside the runs are not rescored by looking at the board."""
    shutil.copytree(good, tmp_path / "runs" / "fine")
    shutil.copy(good / "records.jsonl", tmp_path / "runs" / "other.jsonl")
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    app = make_app(tmp_path / "runs", ["localhost"])
    for path in PAGES:
        get_from(app, path)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_record_of_many_megabytes_is_listed_in_little_memory(good: Path, tmp_path: Path) -> None:
    """A list shows ninety characters of it and a transcript its beginning; neither works on all of it."""
    shutil.copytree(good, tmp_path / "large")
    records = tmp_path / "large" / "records.jsonl"
    first, *others = records.read_text(encoding="utf-8").splitlines(keepends=True)
    record = json.loads(first)
    record["completion"]["text"] = "word " * 4_000_000
    line = json.dumps(record) + "\n"
    records.write_text(line + "".join(others), encoding="utf-8")
    app = make_app(tmp_path, ["localhost"])
    tracemalloc.start()
    try:
        pages = [get_from(app, path) for path in ("/records?run=large", "/record?run=large&k=0")]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [status for status, _ in pages] == [200, 200]
    assert "The first 200,000 of 20,000,000 characters" in pages[1][1]
    assert max(len(body) for _, body in pages) < 500_000
    assert peak < 5 * len(line)
