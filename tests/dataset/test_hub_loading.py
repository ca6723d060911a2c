"""Published benchmarks through the real `datasets` library, from a Hub on loopback that has their layouts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from benchmark_layouts import GATED, LAYOUTS, TASKS, parquet
from loopback_hub import TOKEN, Hub, environment, serving_hub

PROBE = """
import json, sys
from evalkit.plugins import make_task
loaded = {}
for name in sys.argv[1:]:
    task = make_task(name, {}, {"seed": 0})
    loaded[name] = {"ids": [sample.id for sample in task.samples], "revision": task.revision}
print(json.dumps(loaded))
"""


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A Hub with every benchmark that a task loads."""
    with serving_hub() as served:
        for name, files in LAYOUTS.items():
            served.add(name, files, gated=name in GATED)
        yield served


def evalkit_in(hub: Hub, cache: Path, *arguments: str, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own: the libraries read the Hub's address when they are imported."""
    settings = {**os.environ, **environment(hub, cache, token)}
    settings.pop("EVALKIT_DATA", None)
    return subprocess.run(
        [sys.executable, *arguments], env=settings, cwd=cache, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_every_benchmark_is_read_from_the_hub(hub: Hub, tmp_path: Path) -> None:
    """Parquet shards, tables and lines, configurations and splits, gated ones with a token; the commit is recorded."""
    done = evalkit_in(hub, tmp_path, "-c", PROBE, *TASKS)
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout)
    found = {name: len(one["ids"]) for name, one in loaded.items()}
    assert found == {**dict.fromkeys(TASKS, 1), "bbh": 27, "gpqa": 2, "math_l5": 7, "musr": 3}
    for one in loaded.values():
        repository = hub.repositories[f"datasets/{one['revision']['hub']}"]
        assert one["revision"]["commit"] == repository.sha("main")


@pytest.mark.slow
def test_a_run_goes_on_through_rate_limits(hub: Hub, tmp_path: Path) -> None:
    """The Hub answers 429 a few times, as it does to many requests; the run finishes and records the commit."""
    hub.refuse_next = 3
    command = ("-m", "evalkit", "run", "--task", "mmlu_pro", "--model", "baseline/idk", "--out", "runs", "--name", "r")
    done = evalkit_in(hub, tmp_path, *command)
    assert done.returncode == 0, done.stderr
    assert hub.refused == 3
    manifest = json.loads((tmp_path / "runs" / "r" / "run.json").read_text(encoding="utf-8"))
    commit = hub.repositories["datasets/TIGER-Lab/MMLU-Pro"].sha("main")
    assert manifest["datasets"]["mmlu_pro"]["commit"] == commit


@pytest.mark.slow
def test_a_gated_benchmark_says_what_to_do(hub: Hub, tmp_path: Path) -> None:
    """Without a token, and with one whose account has not accepted the terms."""
    for token in ("", "hf_other"):
        done = evalkit_in(
            hub, tmp_path, "-m", "evalkit", "run", "--task", "gpqa", "--model", "baseline/idk", token=token
        )
        assert done.returncode == 2
        assert "Idavidrein/gpqa is gated: accept its terms" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_hub_without_the_benchmark_is_one_line(hub: Hub, tmp_path: Path) -> None:
    """A repository that is not there names the local files that would do."""
    del hub.repositories["datasets/TIGER-Lab/MMLU-Pro"]
    done = evalkit_in(hub, tmp_path, "-m", "evalkit", "run", "--task", "mmlu_pro", "--model", "baseline/idk")
    assert done.returncode == 2
    assert "TIGER-Lab/MMLU-Pro cannot be read from the hub" in done.stderr
    assert "--data DIR" in done.stderr


@pytest.mark.slow
def test_all_rows_are_of_one_commit(hub: Hub, tmp_path: Path) -> None:
    """A revision that is named is the one that is read, not the newest."""
    hub.add("own/two", {"data/test-00000-of-00001.parquet": parquet({"x": "new"})})
    hub.add("own/two", {"data/test-00000-of-00001.parquet": parquet({"x": "old"})}, revision="v1")
    code = (
        "from evalkit import Hub, benchmark_rows\n"
        "for revision in ('main', 'v1'):\n"
        "    print([row['x'] for row in benchmark_rows(Hub('own/two', revision=revision))])"
    )
    done = evalkit_in(hub, tmp_path, "-c", code)
    assert done.stdout.splitlines() == ["['new']", "['old']"], done.stderr


LINE = '{"question": "Which?", "answer": "B", "prediction": "B", "correct": true, "id": "%s"}\n'
MAP = {"id": "id", "verdict": "correct", "answer": "prediction", "target": "answer"}
RESCORE = f"""
import json, sys
import evalkit
from evalkit.errors import EvalkitError
from evalkit.runs.journal import read_records
for address in sys.argv[1:]:
    try:
        run = evalkit.rescore(address, mapping={MAP!r}, model="m", task="t", out="o")
        print(json.dumps({{one.sample_id: one.source for one in read_records(run.folder)}}))
    except EvalkitError as error:
        print(json.dumps(str(error)))
"""


def rescored(hub: Hub, folder: Path, *addresses: str, token: str = "") -> list[Any]:
    """For each address the place of each sample that was read, or the error."""
    done = evalkit_in(hub, folder, "-c", RESCORE, *addresses, token=token)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_logs_on_the_hub_are_rescored(hub: Hub, tmp_path: Path) -> None:
    """Files, folders, patterns and revisions of an hf:// address; places are named as the user named them."""
    base = "hf://datasets/own/logs"
    hub.add("own/logs", {f"run/{name}.jsonl": (LINE % name).encode() for name in ("a", "b")} | {"README.md": b"x"})
    hub.add("own/logs", {"run/a.jsonl": (LINE % "old").encode()}, revision="v1")
    one, folder, pattern, old = rescored(
        hub, tmp_path, f"{base}/run/a.jsonl", f"{base}/run", f"{base}/*/*.jsonl", f"{base}@v1/run/a.jsonl"
    )
    assert list(one) == ["a"]
    assert one["a"].startswith(f"{base}/run/a.jsonl")
    assert set(folder) == set(pattern) == {"a", "b"}
    assert list(old) == ["old"]


@pytest.mark.slow
def test_logs_that_the_hub_does_not_give_say_why(hub: Hub, tmp_path: Path) -> None:
    """What is absent, gated or private; and a busy Hub is asked again."""
    hub.add("own/logs", {"a.jsonl": (LINE % "a").encode()})
    hub.add("own/gated", {"a.jsonl": (LINE % "a").encode()}, gated=True)
    hub.add("own/private", {"a.jsonl": (LINE % "a").encode()}).private = True
    closed = [f"hf://datasets/own/{name}" for name in ("logs/no.jsonl", "gated/a.jsonl", "private/a.jsonl")]
    absent, gated, private = rescored(hub, tmp_path, *closed)
    assert "no such file" in absent
    assert "it is gated or private; accept its terms on the Hub, and set HF_TOKEN" in gated
    assert "or it is private: set HF_TOKEN" in private
    assert [list(found) for found in rescored(hub, tmp_path, *closed[1:], token=TOKEN)] == [["a"], ["a"]]
    hub.refuse_next = 3
    (found,) = rescored(hub, tmp_path, "hf://datasets/own/logs/a.jsonl")
    assert list(found) == ["a"]
    assert hub.refused == 3
