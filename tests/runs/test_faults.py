"""Runs against servers that fail, disks that fill up, processes that are killed."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner
from faulty import FAULTS, HUGE, FaultyServer, failing
from loopback import ChatServer, error_response, lines_of

import evalkit
from evalkit.cli import cli
from evalkit.models.rate_limits import wait_asked

KEY = "sk-planted-0123456789abcdef"
KILLS = int(os.environ.get("EVALKIT_KILLS", "10"))
"""`make soak` kills a hundred times."""


@pytest.fixture
def faulty() -> Iterator[FaultyServer]:
    """A server that fails one attempt in five; set `never`, `huge`, `echo`."""
    with failing() as server:
        yield server


def start(url: str, out: Path, *more: str) -> subprocess.Popen[bytes]:
    """`evalkit run` as a process of its own."""
    command = [sys.executable, "-m", "evalkit", "run", "--model", "m", "--base-url", url, "--out", str(out), *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def keys_of(folder: Path) -> list[str]:
    """Sample ids of a run, in the order recorded."""
    return [line["sample_id"] for line in lines_of(folder / "records.jsonl")]


@pytest.mark.slow
def test_every_sample_is_recorded_once_through_faults_of_all_kinds(faulty: FaultyServer, tmp_path: Path) -> None:
    """5,000 samples, one attempt in five failing in ten ways, two answers of ten megabytes: all recorded, each once."""
    faulty.huge = lambda question: question.startswith(("How many Ds are in DEEPSEEK", "How many Rs are in STRAWBERRY"))
    result = evalkit.run(
        model="m", base_url=faulty.url, tasks=["letters"], task_parameters={"n": "5000"}, timeout=0.3, out=tmp_path
    )
    keys = keys_of(result.folder)
    assert (len(keys), len(set(keys)), result.failed) == (5000, 5000, 0)
    assert set(faulty.met) == set(FAULTS)
    assert sum(len(line["completion"]["text"]) == HUGE for line in lines_of(result.folder / "records.jsonl")) == 2
    # No fault was taken for an answer: "2" is what the broken bodies hold.
    assert result.scorecards[0].n == 5000
    assert not any(line["completion"]["text"] == "2" for line in lines_of(result.folder / "records.jsonl"))


def test_what_never_gets_through_is_named_and_the_exit_code_says_so(faulty: FaultyServer, tmp_path: Path) -> None:
    """Failures are counted apart, exit code 3; a later --resume asks those again and nothing else."""
    faulty.never = lambda question: "STRAWBERRY" in question
    faulty.share = 0.0
    options = ["--task", "letters", "--limit", "40", "--timeout", "0.2", "--threshold", "none,0.5"]
    ended = CliRunner().invoke(cli, ["run", "--model", "m", "--base-url", faulty.url, "--out", str(tmp_path), *options])
    assert ended.exit_code == 3
    folder = next(path.parent for path in tmp_path.glob("*/run.json"))
    assert len(keys_of(folder)) == 78
    assert {line["sample_id"] for line in lines_of(folder / "failures.jsonl")} == {"STRAWBERRY-R"}
    faulty.never = lambda _: False
    asked = sum(faulty.asked.values())
    again = evalkit.run(resume=folder)
    assert (again.failed, sum(card.n for card in again.scorecards)) == (0, 80)
    assert sum(faulty.asked.values()) == asked + 2


def test_what_servers_say_about_waiting_is_read() -> None:
    """Seconds, milliseconds, spans, moments; nonsense and absurd times are not obeyed."""
    assert wait_asked({"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-remaining-requests": "0"}) == 360
    assert wait_asked({"x-ratelimit-reset-tokens": "20ms"}) == pytest.approx(0.02)
    assert wait_asked({"Retry-After": "3", "x-ratelimit-reset-tokens": "20s"}) == 3
    assert wait_asked({"retry-after-ms": "1500"}) == 1.5
    assert wait_asked({"x-ratelimit-reset": str((time.time() + 30) * 1000)}) == pytest.approx(30, abs=2)
    assert wait_asked({"Retry-After": "nonsense"}) is None
    assert wait_asked({"Retry-After": "999999"}) is None


def test_a_key_is_found_nowhere(server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted in the environment, echoed in an error, in a header and in an answer: no file and no output holds it."""
    monkeypatch.setenv("EVALKIT_API_KEY", KEY)

    def echo(_: dict[str, Any]) -> web.StreamResponse | str:
        if len(server.requests) % 3 == 0:
            return error_response(400, f"bad key {KEY}", **{"X-Echo": KEY})
        return f"Your key is {KEY}."

    server.answer = echo
    process = start(server.url, tmp_path, "--task", "letters", "--limit", "12")
    out, err = process.communicate()
    assert process.returncode == 3, err
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert KEY.encode() not in out + err + written
    assert b"[key]" in written


@pytest.mark.slow
def test_kills_at_random_moments_lose_and_double_nothing(server: ChatServer, tmp_path: Path) -> None:
    """SIGKILL again and again, resumed each time: every sample once, and the counts of the undisturbed run."""
    server.answer = lambda body: str(len(str(body["messages"][-1]["content"])) % 3)
    server.delay = 0.0005 * KILLS  # so that the run outlasts its kills
    calm = evalkit.run(
        model="m", base_url=server.url, tasks=["letters"], task_parameters={"n": "3000"}, out=tmp_path / "calm"
    )
    draw = Random(1)
    folder: Path | None = None
    kills = 0
    while kills < KILLS:
        resume = (
            ["--resume", str(folder)] if folder else ["--task", "letters", "-T", "n=3000", "--max-connections", "4"]
        )
        command = [sys.executable, "-m", "evalkit", "run", *resume, "--out", str(tmp_path / "killed")]
        if folder is None:
            command += ["--model", "m", "--base-url", server.url]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _wait_for_a_run(tmp_path / "killed", process)
        time.sleep(draw.uniform(0.0, 0.6))
        assert process.poll() is None, "done before it could be killed"
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
        folder = next((path.parent for path in (tmp_path / "killed").glob("*/run.json")), None)
    assert folder is not None
    end = evalkit.run(resume=folder)
    keys = keys_of(folder)
    assert (len(keys), len(set(keys))) == (3000, 3000)
    assert [(c.correct, c.error, c.idk) for c in end.scorecards] == [
        (c.correct, c.error, c.idk) for c in calm.scorecards
    ]


def _wait_for_a_run(out: Path, process: subprocess.Popen[bytes]) -> None:
    """Until there is a run folder: a busy machine takes seconds to start one."""
    while not any(out.glob("*/run.json")) and process.poll() is None:
        time.sleep(0.02)


def test_a_full_disk_is_one_line_and_the_run_goes_on_after_space_is_made(server: ChatServer, tmp_path: Path) -> None:
    """A write that fails in the middle of a line: exit code 2, what is there stays, --resume finishes."""
    command = [sys.executable, "-m", "evalkit", "run", "--model", "m", "--base-url", server.url]
    process = subprocess.run(
        [*command, "--task", "letters", "-T", "n=300", "--out", str(tmp_path)],
        capture_output=True,
        check=False,
        preexec_fn=_small_files,
    )
    assert process.returncode == 2
    lines = [line for line in process.stderr.decode().splitlines() if "the response cache cannot be used" not in line]
    assert len(lines) == 1
    assert "cannot be written" in lines[0]
    folder = next(path.parent for path in tmp_path.glob("*/run.json"))
    kept = (folder / "records.jsonl").read_bytes()
    whole = kept[: kept.rfind(b"\n") + 1]
    assert whole.count(b"\n") > 5
    result = evalkit.run(resume=folder)
    assert (folder / "records.jsonl").read_bytes().startswith(whole)
    assert sorted(keys_of(folder)) == sorted(set(keys_of(folder)))
    assert result.scorecards[0].n == 300


def _small_files() -> None:
    """No file may grow beyond 40 kB: the write that reaches it is cut short, as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))


def test_nulls_after_a_power_cut_are_dropped(server: ChatServer, tmp_path: Path) -> None:
    """A file system may leave a block of NULs where the last lines were."""
    first = evalkit.run(model="m", base_url=server.url, tasks=["letters"], limit=10, out=tmp_path)
    records = first.folder / "records.jsonl"
    lines = records.read_bytes().splitlines(keepends=True)
    records.write_bytes(b"".join(lines[:8]) + b"\0" * 4096)
    run = json.loads((first.folder / "run.json").read_text(encoding="utf-8"))
    (first.folder / "run.json").write_text(json.dumps({**run, "status": "running"}), encoding="utf-8")
    again = evalkit.run(resume=first.folder)
    assert again.scorecards[0].n == 10
    assert len(lines_of(records)) == 10
