"""Runs as a data set on the Hub, uploaded by the real huggingface_hub to a Hub on loopback and loaded again."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from benchmark_layouts import GATED, LAYOUTS, parquet
from loopback_hub import TOKEN, Hub, environment, serving_hub
from same_cards import same

import evalkit

pytestmark = pytest.mark.slow


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A Hub that holds the benchmarks."""
    with serving_hub() as served:
        for name, files in LAYOUTS.items():
            served.add(name, files, gated=name in GATED)
        yield served


def python(hub: Hub, folder: Path, *arguments: str, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own, which knows this Hub alone; its output never has the token."""
    settings = {**os.environ, **environment(hub, folder / "cache", token), "COLUMNS": "200"}
    settings.pop("EVALKIT_DATA", None)
    command = [sys.executable, *arguments]
    done = subprocess.run(command, env=settings, cwd=folder, capture_output=True, text=True, check=False)
    assert TOKEN not in done.stdout + done.stderr
    return done


def push(hub: Hub, folder: Path, *arguments: str, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
    """`evalkit push … --repo tester/runs`."""
    figure = () if "--figure" in arguments else ("--no-figure",)
    given = [one for one in arguments if one != "--figure"]
    return python(hub, folder, "-m", "evalkit", "push", *given, "--repo", "tester/runs", *figure, token=token)


def test_a_push_is_a_data_set_with_a_card(everything: evalkit.RunResult, hub: Hub, tmp_path: Path) -> None:
    """Records as Parquet, the board and its figure; private; `datasets` loads it, and it is rescored from there."""
    pytest.importorskip("vl_convert", reason="the plot extra is absent")
    done = push(hub, tmp_path, str(everything.folder), "--figure")
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip().endswith("/datasets/tester/runs")
    repository = hub.repositories["datasets/tester/runs"]
    assert repository.private
    files = hub.files("tester/runs")
    assert set(files) == {"README.md", "board/board.parquet", f"data/{everything.name}.parquet", "figures/score.png"}
    assert files["figures/score.png"].startswith(b"\x89PNG")
    card = files["README.md"].decode()
    assert "### sums, target stated \\(open\\)" in card or "### sums, target stated (open)" in card
    assert "![Score at each confidence target](figures/score.png)" in card
    assert not [name for name, content in files.items() if TOKEN.encode() in content]
    load = (
        "import datasets, json\n"
        "for name in ('records', 'board'):\n"
        "    rows = datasets.load_dataset('tester/runs', name, split='train')\n"
        "    print(json.dumps([name, rows.num_rows, rows.column_names]))\n"
    )
    done = python(hub, tmp_path, "-c", load)
    assert done.returncode == 0, done.stderr[-2000:]
    records, board = map(json.loads, done.stdout.splitlines())
    assert records[1] == sum(c.n + c.missing.total for c in everything.scorecards)
    assert "outcome" in records[2]
    assert "score_low" in board[2]
    address = f"hf://datasets/tester/runs/data/{everything.name}.parquet"
    assert address in card
    done = python(hub, tmp_path, "-m", "evalkit", "rescore", address, "--out", "back")
    assert done.returncode == 0, done.stderr
    (back,) = (tmp_path / "back").iterdir()
    from evalkit.runs.result import read_result

    assert same(read_result(back).scorecards) == same(everything.scorecards)


def test_a_push_replaces_an_earlier_one(everything: evalkit.RunResult, hub: Hub, tmp_path: Path) -> None:
    """What the board shows is what is in the data; other files of the owner stay."""
    other = evalkit.run("letters", model="baseline/idk", limit=3, out=tmp_path / "results", name="other")
    assert push(hub, tmp_path, str(everything.folder)).returncode == 0
    hub.files("tester/runs")["notes.txt"] = b"mine"
    assert push(hub, tmp_path, str(other.folder)).returncode == 0
    assert set(hub.files("tester/runs")) == {"README.md", "board/board.parquet", "data/other.parquet", "notes.txt"}


def test_another_data_set_is_not_touched(everything: evalkit.RunResult, hub: Hub, tmp_path: Path) -> None:
    """A repository that no push made is refused, with a card of its own or without."""
    for files in ({"README.md": b"---\nlicense: mit\n---\n# Mine"}, {"data/x.parquet": parquet({"a": 1})}):
        hub.add("tester/runs", dict(files))
        done = push(hub, tmp_path, str(everything.folder))
        assert done.returncode == 2
        assert "tester/runs holds another data set" in done.stderr
        assert hub.files("tester/runs") == files


def test_texts_of_gated_benchmarks_stay_private(hub: Hub, tmp_path: Path) -> None:
    """Their authors ask that questions never stand in the open; outcomes may."""
    run = ("-m", "evalkit", "run", "--task", "gpqa", "--model", "baseline/guess", "--name", "g")
    assert python(hub, tmp_path, *run).returncode == 0
    done = push(hub, tmp_path, "g", "--public")
    assert done.returncode == 2
    assert "gpqa is gated (Idavidrein/gpqa)" in done.stderr
    assert "datasets/tester/runs" not in hub.repositories
    done = push(hub, tmp_path, "g", "--public", "--without-text")
    assert done.returncode == 0, done.stderr
    assert not hub.repositories["datasets/tester/runs"].private
    pushed = pq.read_table(io.BytesIO(hub.files("tester/runs")["data/g.parquet"])).to_pylist()
    assert {row["outcome"] for row in pushed} <= {"correct", "error"}
    for row in pushed:
        assert not row["text"]
        assert not row["answer"]
        assert row["target"] == []
        assert [one["content"] for one in row["messages"]] == [""] * len(row["messages"])
    assert push(hub, tmp_path, "g").returncode == 2  # the repository is public by now


@pytest.mark.parametrize("token", ["", "hf_other"])
def test_a_wrong_token_is_one_line(everything: evalkit.RunResult, hub: Hub, tmp_path: Path, token: str) -> None:
    """Without a token, and with one that the Hub does not know: what to set, and never the token."""
    done = push(hub, tmp_path, str(everything.folder), token=token)
    assert done.returncode == 2
    assert "set HF_TOKEN to a token that may do this" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "hf_other" not in done.stderr


def test_a_hub_that_cannot_be_reached_is_one_line(
    everything: evalkit.RunResult, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens there."""
    monkeypatch.setattr(hub, "url", "http://127.0.0.1:9")
    done = push(hub, tmp_path, str(everything.folder))
    assert done.returncode == 2
    assert "push to tester/runs: the Hub cannot be reached" in done.stderr


def test_a_name_that_is_none(everything: evalkit.RunResult, hub: Hub, tmp_path: Path) -> None:
    """A repository has an owner."""
    done = python(hub, tmp_path, "-m", "evalkit", "push", str(everything.folder), "--repo", "runs", "--no-figure")
    assert done.returncode == 2
    assert "'runs' is no repository: give OWNER/NAME" in done.stderr
