"""A whole run against a deterministic server on loopback: recorded once each, interrupted, resumed."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from loopback import ChatServer, error_response, lines_of, question_of

import evalkit
from evalkit.errors import InputError, MissingExtraError, ModelUnavailableError, UsageError
from evalkit.runs.folder import runs_below
from evalkit.runs.journal import Journal

THRESHOLDS = [None, 0.0, 0.75]


def deterministic(body: dict[str, Any]) -> str:
    """An answer that follows from the question: a small number, or now and then IDK."""
    digest = hashlib.sha256(question_of(body).encode()).digest()[0]
    return "I don't know" if digest % 5 == 0 else str(digest % 4)


def run(server: ChatServer, out: Path, **settings: Any) -> evalkit.RunResult:
    """A run of 30 letter questions at three thresholds."""
    defaults: dict[str, Any] = {
        "model": "m",
        "base_url": server.url,
        "tasks": ["letters"],
        "thresholds": THRESHOLDS,
        "limit": 30,
    }
    return evalkit.run(out=out, **(defaults | settings))


def keys(folder: Path) -> list[tuple[str, int, float | None]]:
    """What is recorded, in order."""
    return [(line["sample_id"], line["epoch"], line["prompt_threshold"]) for line in lines_of(folder / "records.jsonl")]


def scores(result: evalkit.RunResult) -> list[dict[str, Any]]:
    """Scorecards without the name of their run."""
    return [card.model_dump(mode="json", exclude={"run"}) for card in result.scorecards]


def test_every_planned_answer_is_recorded_once(server: ChatServer, tmp_path: Path) -> None:
    """Samples × thresholds × epochs, each key unique, n = correct + error + idk."""
    server.answer = deterministic
    result = run(server, tmp_path, epochs=2)
    found = keys(result.folder)
    assert len(found) == len(set(found)) == 30 * 3 * 2
    assert [(card.n, card.items) for card in result.scorecards] == [(60, 30)] * 3
    assert all(card.n == card.correct + card.error + card.idk for card in result.scorecards)


def test_thresholds_share_their_samples_and_differ_in_the_prompt_alone(server: ChatServer, tmp_path: Path) -> None:
    """The same questions, seed and order; only the confidence target changes."""
    server.answer = deterministic
    result = run(server, tmp_path)
    prompts: dict[str, dict[float | None, str]] = {}
    for line in lines_of(result.folder / "records.jsonl"):
        prompts.setdefault(line["sample_id"], {})[line["prompt_threshold"]] = line["messages"][0]["content"]
    assert len(prompts) == 30
    for texts in prompts.values():
        assert set(texts) == set(THRESHOLDS)
        assert all(text.startswith(texts[None] or "") for text in texts.values())


def test_run_json_tells_how_to_repeat_it(server: ChatServer, tmp_path: Path) -> None:
    """Settings, versions, environment, data set fingerprint, status and scorecards."""
    server.answer = deterministic
    result = run(server, tmp_path)
    content = json.loads((result.folder / "run.json").read_text())
    assert content["status"] == "finished"
    assert content["config"]["thresholds"] == THRESHOLDS
    assert content["environment"]["versions"]["evalkit-idk"]
    assert len(content["datasets"]["letters"]["fingerprint"]) == 32
    assert len(content["scorecards"]) == 3


def test_failures_are_no_outcome_and_are_tried_again_on_resume(server: ChatServer, tmp_path: Path) -> None:
    """A sample without a completion is counted nowhere but as failed, until a resume brings its answer."""
    server.answer = lambda body: error_response(400, "no") if "DEEPSEEK" in question_of(body) else deterministic(body)
    first = run(server, tmp_path)
    assert first.failed == 3
    assert [card.n for card in first.scorecards] == [29] * 3
    assert {line["stage"] for line in lines_of(first.folder / "failures.jsonl")} == {"completion"}

    server.answer = deterministic
    asked = len(server.requests)
    second = evalkit.run(resume=first.folder)
    assert len(server.requests) == asked + 3
    assert (second.failed, [card.n for card in second.scorecards]) == (0, [30] * 3)
    assert scores(second) == scores(run(server, tmp_path))


def test_an_answer_without_a_verdict_is_judged_again_without_asking_again(server: ChatServer, tmp_path: Path) -> None:
    """The completion of a judge's failure is kept."""
    task = tmp_path / "task.py"
    broken = "raise RuntimeError('judge is down')"
    text = (
        "from evalkit import Sample, Task, task, Grade, grader\n"
        "@grader\ndef judge(sample, completion):\n    {body}\n"
        "@task\ndef mine() -> Task:\n    return Task(samples=[Sample(id='a', input='?', target='1')], grader=judge)\n"
    )
    task.write_text(text.format(body=broken), encoding="utf-8")
    first = run(server, tmp_path, tasks=[str(task)], thresholds=[None])
    assert first.failed == 1
    (failure,) = lines_of(first.folder / "failures.jsonl")
    assert (failure["stage"], failure["completion"]["text"]) == ("judge", "1")
    assert "judge is down" in failure["error"]

    task.write_text(text.format(body="return Grade.of(True, reason='yes')"), encoding="utf-8")
    second = evalkit.run(resume=first.folder, regrade_all=True)
    assert (second.failed, second.scorecards[0].correct, len(server.requests)) == (0, 1, 1)


def test_a_resumed_run_asks_the_same_questions_or_refuses(server: ChatServer, tmp_path: Path) -> None:
    """One card never mixes two versions of a question."""
    task = tmp_path / "task.py"
    text = (
        "from evalkit import Sample, Task, task\n"
        "@task\ndef mine() -> Task:\n"
        "    samples = [Sample(id=str(k), input='{word} ' + str(k), target='1') for k in range(3)]\n"
        "    return Task(samples=samples, grader='count')\n"
    )
    task.write_text(text.format(word="How many"), encoding="utf-8")
    first = run(server, tmp_path, tasks=[str(task)], thresholds=[None])
    task.write_text(text.format(word="How few"), encoding="utf-8")
    ways: list[dict[str, Any]] = [{"trust": True}, {"regrade_all": True}]
    for settings in ways:
        with pytest.raises(InputError, match="changed since this run was recorded; start a new run"):
            evalkit.run(resume=first.folder, **settings)


def test_a_resume_that_cannot_begin_leaves_the_run_as_it_is(server: ChatServer, tmp_path: Path) -> None:
    """Locked by another process, or with a damaged line: run.json stays, scores and all."""
    first = run(server, tmp_path)
    before = (first.folder / "run.json").read_bytes()
    with Journal(first.folder), pytest.raises(UsageError, match="another process"):
        evalkit.run(resume=first.folder)
    assert (first.folder / "run.json").read_bytes() == before
    lines = (first.folder / "records.jsonl").read_bytes().splitlines(keepends=True)
    (first.folder / "records.jsonl").write_bytes(b"".join([*lines[:2], b"garbage\n", *lines[3:]]))
    with pytest.raises(InputError, match="line 3"):
        evalkit.run(resume=first.folder)
    assert (first.folder / "run.json").read_bytes() == before


def test_a_dead_server_stops_a_resumed_run_too(server: ChatServer, tmp_path: Path) -> None:
    """Instead of failing everything that is left."""
    server.answer = lambda body: error_response(400) if "CAT" in question_of(body) else "1"
    first = run(server, tmp_path)
    server.answer = lambda _: error_response(401)
    with pytest.raises(ModelUnavailableError):
        evalkit.run(resume=first.folder)


USERS_MISTAKES = {
    "raises": ("raise KeyError('x')", r"KeyError: 'x'.*task\.py, line 5"),
    "exits": ("import sys; sys.exit(0)", "SystemExit"),
    "returns a list": ("return []", "returned list, not a Task"),
    "yields no samples": ("return Task(samples=['a'], grader='count')", "yields str, not Sample"),
    "has no samples": ("return Task(samples=None, grader='count')", "samples are NoneType"),
    "has no grader": ("return Task(samples=[], grader=None)", "a task's grader is a name or a function"),
    "has a wrong sample": ("return Task(samples=[Sample(id=1, input='')], grader='count')", r"valid string.*line 5"),
    "breaks off": ("return Task(samples=(1 / k for k in range(2)), grader='count')", r"ZeroDivisionError.*line 5"),
}


@pytest.mark.parametrize("mistake", USERS_MISTAKES)
def test_a_mistake_in_a_users_task_is_one_line_with_its_place(server: ChatServer, tmp_path: Path, mistake: str) -> None:
    """Not a bug of evalkit, and never a silent exit."""
    body, said = USERS_MISTAKES[mistake]
    task = tmp_path / "task.py"
    text = f"from evalkit import Sample, Task, task\n\n@task\ndef mine() -> Task:\n    {body}\n"
    task.write_text(text, encoding="utf-8")
    with pytest.raises(evalkit.EvalkitError, match=said):
        run(server, tmp_path / "results", tasks=[str(task)])


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_model_that_is_not_to_be_had_stops_the_run_and_leaves_nothing(
    server: ChatServer, tmp_path: Path, status: int
) -> None:
    """Before the first record there is no run to keep."""
    server.answer = lambda _: error_response(status)
    with pytest.raises(ModelUnavailableError, match=str(status)):
        run(server, tmp_path / "results")
    assert not list((tmp_path / "results").glob("*"))


def test_a_task_that_repeats_an_id_is_refused(server: ChatServer, tmp_path: Path) -> None:
    """Two samples under one id would overwrite each other."""
    task = tmp_path / "task.py"
    task.write_text(
        "from evalkit import Sample, Task, task\n"
        "@task\ndef twice() -> Task:\n"
        "    return Task(samples=(Sample(id='a', input=str(k), target='1') for k in range(2)), grader='count')\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="'a' twice"):
        run(server, tmp_path, tasks=[str(task)])


def test_a_generator_is_asked_for_no_more_than_the_limit(server: ChatServer, tmp_path: Path) -> None:
    """Samples may be endless."""
    task = tmp_path / "endless.py"
    task.write_text(
        "from itertools import count\nfrom evalkit import Sample, Task, task\n"
        "@task\ndef endless() -> Task:\n"
        "    return Task(samples=(Sample(id=str(k), input=str(k), target='1') for k in count()), grader='count')\n",
        encoding="utf-8",
    )
    assert run(server, tmp_path, tasks=[str(task)], limit=25, thresholds=[None]).scorecards[0].n == 25


def start_run(server: ChatServer, out: Path, *more: str) -> subprocess.Popen[str]:
    """The command line in a process of its own."""
    command = [sys.executable, "-m", "evalkit", "run", "--model", "m", "--base-url", server.url, "--task", "letters"]
    command += ["--threshold", "none,0,0.75", "--limit", "30", "--max-connections", "2", "--out", str(out), *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_records(out: Path, count: int) -> Path:
    """Until a run below `out` has some records; its folder."""
    for _ in range(1000):
        for path in out.glob("*/records.jsonl"):
            if path.read_bytes().count(b"\n") >= count:
                return path.parent
        time.sleep(0.01)
    pytest.fail("no records came")


@pytest.mark.slow
def test_kill_minus_nine_loses_and_doubles_nothing(server: ChatServer, tmp_path: Path) -> None:
    """Resumed: no key missing, none twice, earlier lines byte-identical, scores those of an undisturbed run."""
    server.answer, server.hold_after = deterministic, 30  # so that it is caught in the middle
    with start_run(server, tmp_path) as process:
        folder = wait_for_records(tmp_path, 20)
        process.send_signal(signal.SIGKILL)
    server.hold_after = None
    before = (folder / "records.jsonl").read_bytes()
    whole = before[: before.rfind(b"\n") + 1]
    assert 20 <= whole.count(b"\n") < 90

    resumed = evalkit.run(resume=folder)
    undisturbed = run(server, tmp_path / "other")
    assert (folder / "records.jsonl").read_bytes().startswith(whole)
    assert len(keys(folder)) == 90
    assert sorted(map(str, keys(folder))) == sorted(map(str, keys(undisturbed.folder)))
    assert scores(resumed) == scores(undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_a_run_that_can_be_resumed_and_says_how(
    server: ChatServer, tmp_path: Path, sign: signal.Signals
) -> None:
    """Exit code 130, the command in the last line, and that command works."""
    server.answer, server.hold_after = deterministic, 15  # so that it is caught in the middle
    with start_run(server, tmp_path) as process:
        folder = wait_for_records(tmp_path, 10)
        process.send_signal(sign)
        _, said = process.communicate(timeout=30)
    server.hold_after = None
    assert process.returncode == 130
    last = said.strip().splitlines()[-1]
    assert last.endswith(f"evalkit run --resume {folder}")
    assert "Traceback" not in said
    assert json.loads((folder / "run.json").read_text())["status"] == "interrupted"
    assert evalkit.run(resume=folder).scorecards[0].n == 30


def test_a_finished_run_resumed_asks_nothing(server: ChatServer, tmp_path: Path) -> None:
    """And reports the same scores."""
    server.answer = deterministic
    first = run(server, tmp_path)
    asked = len(server.requests)
    again = evalkit.run(resume=first.folder)
    assert len(server.requests) == asked
    assert scores(again) == scores(first)


def test_inside_an_event_loop_both_ways_of_running_work(server: ChatServer, tmp_path: Path) -> None:
    """As in a notebook, whose cells run inside one."""
    import asyncio

    async def notebook() -> list[int]:
        first = run(server, tmp_path)
        second = await evalkit.run_async(model="m", base_url=server.url, limit=2, out=tmp_path)
        return [first.scorecards[0].n, second.scorecards[0].n]

    assert asyncio.run(notebook())[1] == 2


def test_records_load_as_a_table(server: ChatServer, tmp_path: Path) -> None:
    """One row a record, here and over every run below a folder."""
    server.answer = deterministic
    result = run(server, tmp_path)
    assert len(result.records) == 90
    assert set(result.records["outcome"]) <= {"correct", "error", "idk"}
    run(server, tmp_path, limit=5)
    assert len(evalkit.load(tmp_path)) == 90 + 15


def test_pandas_reads_records_as_they_are(server: ChatServer, tmp_path: Path) -> None:
    """Target is always a list of strings, metadata a JSON string."""
    import pandas as pd

    server.answer = deterministic
    frame = pd.read_json(run(server, tmp_path).folder / "records.jsonl", lines=True)
    assert all(isinstance(target, list) for target in frame["target"])
    assert json.loads(frame["metadata"][0])["word"]


def test_a_hanging_connection_is_not_an_answer(
    server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that accepts and never answers is timed out and recorded as a failure."""
    monkeypatch.setattr("evalkit.models.served.TIMEOUT", 0.05)
    monkeypatch.setattr("evalkit.models.retry.MAX_ATTEMPTS", 2)
    server.delay = 0.3
    result = run(server, tmp_path, limit=1, thresholds=[None])
    assert (result.failed, result.scorecards[0].n) == (1, 0)
    assert "within 0.05 s" in result.last_failure


def test_no_secret_reaches_the_disk(server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key in the environment is in no file of the run, also when the server echoes it."""
    monkeypatch.setenv("EVALKIT_API_KEY", "sk-planted")
    server.answer = lambda body: error_response(400, "bad key sk-planted") if "CAT" in question_of(body) else "1"
    result = run(server, tmp_path)
    assert result.failed
    for path in result.folder.iterdir():
        assert b"sk-planted" not in path.read_bytes(), path
    assert os.environ["EVALKIT_API_KEY"] == "sk-planted"


def test_a_missing_extra_of_the_grader_ends_the_run_at_once(server: ChatServer, tmp_path: Path) -> None:
    """One line with the pip command, and not a failure for every sample; nothing is left behind."""
    task = tmp_path / "t.py"
    task.write_text(
        "from evalkit import Grade, Sample, Task, requires, task\n\n"
        "def graded(sample, completion):\n    with requires('math'):\n        import no_such_module\n\n"
        "@task\ndef t() -> Task:\n"
        "    return Task(samples=[Sample(id=str(k), input=str(k)) for k in range(200)], grader=graded)\n",
        encoding="utf-8",
    )
    server.answer = deterministic
    with pytest.raises(MissingExtraError, match=r"pip install 'evalkit-idk\[math\]'"):
        evalkit.run(model="m", base_url=server.url, tasks=[str(task)], max_connections=4, out=tmp_path / "runs")
    assert len(server.requests) < 50
    assert not runs_below(tmp_path / "runs")
