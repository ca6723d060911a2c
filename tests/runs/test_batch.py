"""Runs through a provider's Batch API, over real HTTP: OpenAI's files and batches, and Anthropic's message batches."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from loopback import ChatServer, completion_body, error_response, lines_of, question_of, word_of
from loopback_batches import CANCELED, EXPIRED, MISSING, BatchServer, serving_batches

import evalkit
from evalkit.cli import cli
from evalkit.errors import ModelStoppedError, ModelUnavailableError, SettingError, UsageError
from evalkit.runs.batch_folder import BatchFolder

pytest.importorskip("openai", reason="the openai extra is not installed")
pytest.importorskip("anthropic", reason="the anthropic extra is not installed")

OPENAI, CLAUDE = "openai/m", "anthropic/m"
BOTH = pytest.mark.parametrize("model", [OPENAI, CLAUDE])
Run = Callable[..., evalkit.RunResult]


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai-key-1")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-anthropic-key-1")


@pytest.fixture
def provider() -> Iterator[BatchServer]:
    """A provider of batches."""
    with serving_batches() as server:
        yield server


@pytest.fixture
def run(provider: BatchServer, tmp_path: Path) -> Run:
    """Six questions at two targets through batches; or a run resumed."""

    def go(model: str = OPENAI, **settings: Any) -> evalkit.RunResult:
        defaults: dict[str, Any] = {}
        if "resume" not in settings:
            address = provider.origin if model == CLAUDE else provider.url
            asked = {"tasks": "letters", "limit": 6, "thresholds": [None, 0.75], "cache": "off"}
            defaults = {"model": model, "base_url": address, "out": tmp_path, "batch": True, **asked}
        return evalkit.run(**{**defaults, **settings})

    return go


def records(result: evalkit.RunResult) -> list[dict[str, Any]]:
    """The records of a run, as on disk."""
    return lines_of(result.folder / "records.jsonl")


def failures(result: evalkit.RunResult) -> list[dict[str, Any]]:
    """Its failed attempts."""
    return lines_of(result.folder / "failures.jsonl")


def known(body: dict[str, Any]) -> str:
    """An answer that depends on the question, so that swapped answers would show."""
    question = question_of(body)
    return str(sum(map(ord, question)) % 7)


@BOTH
def test_every_question_is_submitted_once_and_recorded_as_in_any_run(
    provider: BatchServer, run: Run, model: str
) -> None:
    """With text, tokens, finish reason and the batch's id; results come in no order."""
    provider.answer = known
    result = run(model)
    found = records(result)
    assert len(found) == 12
    for record in found:
        completion = record["completion"]
        assert completion["text"] == known({"messages": record["messages"]})
        assert completion["finish_reason"] == "stop"
        assert (completion["usage"]["prompt_tokens"], completion["usage"]["completion_tokens"]) == (10, 2)
        assert completion["batch"] == "batch_1"
    assert set(provider.submitted.values()) == {1}
    assert not provider.direct
    assert result.status == "finished"
    assert set(result.records["batch"]) == {"batch_1"}


@pytest.mark.parametrize(("model", "path"), [(OPENAI, "/v1/chat/completions"), ("openai-responses/m", "/v1/responses")])
def test_lines_hold_what_would_have_been_sent(provider: BatchServer, run: Run, model: str, path: str) -> None:
    """In the protocol of the model; nothing is streamed."""
    said = {"type": "message", "content": [{"type": "output_text", "text": "3"}]}
    body = completion_body("3") if path.endswith("completions") else {"status": "completed", "output": [said]}
    provider.answer = lambda _: (200, body)
    result = run(model, max_tokens=77, temperature=0.5, model_parameters={"stream": "true"})
    lines = next(iter(provider.batches.values())).lines
    assert {(line["url"], line["method"]) for line in lines} == {(path, "POST")}
    assert {line["body"]["model"] for line in lines} == {"m"}
    assert {line["body"]["temperature"] for line in lines} == {0.5}
    assert 77 in lines[0]["body"].values()
    assert "stream" not in lines[0]["body"]
    assert {record["completion"]["text"] for record in records(result)} == {"3"}


@BOTH
def test_large_runs_are_split(provider: BatchServer, run: Run, model: str) -> None:
    """By the number of requests that a batch may have."""
    run(model, batch_size=5)
    assert [len(batch.lines) for batch in provider.batches.values()] == [5, 5, 2]


def test_the_same_records_as_an_interactive_run(provider: BatchServer, run: Run, server: ChatServer) -> None:
    """But for the time they took and the batch they came with."""
    server.answer = known
    provider.answer = known
    own = ("run", "completion.latency", "completion.batch", "completion.request_id", "completion.attempts")

    def plain(result: evalkit.RunResult) -> dict[tuple[str, float | None], dict[str, Any]]:
        found = {}
        for record in records(result):
            completion = {key: value for key, value in record["completion"].items() if f"completion.{key}" not in own}
            rest = {key: value for key, value in record.items() if key not in own}
            found[record["sample_id"], record["prompt_threshold"]] = {**rest, "completion": completion}
        return found

    direct = run(base_url=server.url, batch=False)
    batched = run()
    assert plain(batched) == plain(direct)
    assert [card.condition.id for card in batched.scorecards] == [card.condition.id for card in direct.scorecards]


@BOTH
def test_expired_and_failed_lines_are_submitted_again(provider: BatchServer, run: Run, model: str) -> None:
    """And only those."""
    kinds: list[str | tuple[int, dict[str, Any]]] = [
        EXPIRED, MISSING, (500, {"error": {"type": "api_error", "message": "broken"}}),
    ]  # fmt: skip
    provider.answer = lambda body: kinds.pop() if kinds else known(body)
    result = run(model)
    assert len(records(result)) == 12
    assert [len(batch.lines) for batch in provider.batches.values()] == [12, 3]
    assert not failures(result)


@BOTH
def test_what_keeps_failing_is_a_failure_with_its_reason(provider: BatchServer, run: Run, model: str) -> None:
    """After three submissions; a later resume submits it again."""
    broken = (500, {"error": {"type": "api_error", "message": "the machine is broken"}})
    provider.answer = lambda body: broken if "STRAWBERRY" in question_of(body) else "1"
    result = run(model)
    assert [len(batch.lines) for batch in provider.batches.values()] == [12, 2, 2]
    assert len(records(result)) == 10
    assert all("the machine is broken" in failure["error"] for failure in failures(result))
    provider.answer = known
    again = run(resume=result.folder)
    assert (again.failed, len(records(again))) == (0, 12)
    assert [len(batch.lines) for batch in provider.batches.values()] == [12, 2, 2, 2]


@BOTH
def test_a_request_that_is_refused_for_good_is_not_submitted_again(provider: BatchServer, run: Run, model: str) -> None:
    """Another try would not change it."""
    error = {"error": {"type": "invalid_request_error", "message": "the prompt holds a forbidden sign"}}
    provider.answer = lambda body: (400, error) if "STRAWBERRY" in question_of(body) else "1"
    result = run(model)
    assert len(provider.batches) == 1
    assert {failure["error"].rpartition(": ")[2] for failure in failures(result)} == {error["error"]["message"]}


def test_a_filters_refusal_is_an_answer(provider: BatchServer, run: Run) -> None:
    """As on the chat path: it is recorded, and not submitted again."""
    error = {"error": {"code": "content_filter", "message": "flagged by the content policy"}}
    provider.answer = lambda body: (400, error) if "STRAWBERRY" in question_of(body) else "1"
    found = records(run())
    assert len(provider.batches) == 1
    refused = [record for record in found if record["completion"]["refusal"]]
    assert {record["grade"]["non_answer"] for record in refused} == {"refusal"}
    assert len(refused) == 2


def test_a_field_that_the_server_refuses_is_left_out_of_the_next_batch(provider: BatchServer, run: Run) -> None:
    """All lines failed for it, and all are submitted again without it."""
    error = {"code": "unsupported_parameter", "param": "temperature", "message": "unsupported parameter: temperature"}
    provider.answer = lambda body: (400, {"error": error}) if "temperature" in body else "1"
    said: list[str] = []
    result = run(notify=said.append)
    assert len(records(result)) == 12
    assert [len(batch.lines) for batch in provider.batches.values()] == [12, 12]
    assert any("refuses temperature" in text for text in said)


def test_thinking_that_used_up_the_default_limit_is_asked_again_without_it(provider: BatchServer, run: Run) -> None:
    """As on the chat path."""
    thinking = {"choices": [{"message": {"content": "", "reasoning": "hm"}, "finish_reason": "length"}]}
    provider.answer = lambda body: (200, thinking) if "max_tokens" in body else "1"
    result = run("vllm/m")
    assert {record["completion"]["text"] for record in records(result)} == {"1"}
    assert len(provider.batches) == 2


@BOTH
def test_a_canceled_batch_keeps_its_answers(provider: BatchServer, run: Run, model: str) -> None:
    """What it did not answer is a failure: whoever canceled it wants no new one."""
    provider.answer = lambda body: CANCELED if "STRAWBERRY" in question_of(body) else "1"
    provider.ending = "cancelled"
    result = run(model)
    assert len(provider.batches) == 1
    assert len(records(result)) == 10
    assert all("cancel" in failure["error"] for failure in failures(result))


def test_an_expired_batch_without_any_file_is_submitted_again(provider: BatchServer, run: Run) -> None:
    """Whole."""
    expired = [MISSING] * 12
    provider.answer = lambda body: expired.pop() if expired else known(body)
    provider.ending = "expired"
    assert len(records(run())) == 12
    assert [len(batch.lines) for batch in provider.batches.values()] == [12, 12]


@BOTH
def test_a_busy_provider_is_asked_again_for_the_same_batch(provider: BatchServer, run: Run, model: str) -> None:
    """After 429, nothing was submitted."""
    provider.refusals = [error_response(429, "slow down") for _ in range(3)]
    assert len(records(run(model))) == 12
    assert set(provider.submitted.values()) == {1}
    uploads = [path for path in provider.paths if path == "POST /v1/files"]
    assert len(uploads) == (1 if model == OPENAI else 0)


@BOTH
@pytest.mark.parametrize("how", ["dropped", "500"])
def test_a_submission_whose_answer_is_lost_is_found(provider: BatchServer, run: Run, model: str, how: str) -> None:
    """By its metadata, or its time and size; it is not submitted twice."""
    for k in range(3):  # others' batches of the same size
        provider.add(
            [{"custom_id": f"other-{k}-{j}", "params": {"messages": [{"content": f"{k} {j}"}]}} for j in range(3)], {}
        )
    if how == "dropped":
        provider.lose = 1
    else:
        provider.refusals = [error_response(500, "broken")]
    assert len(records(run(model))) == 12
    ours = {prompt: n for prompt, n in provider.submitted.items() if "How" in prompt or "many" in prompt}
    assert set(ours.values()) == {1}


def test_a_strangers_batch_of_the_same_size_is_told_from_ours(provider: BatchServer, run: Run) -> None:
    """Anthropic's have no metadata: the names of the results tell."""
    provider.refusals = [error_response(500, "broken")]
    lines = [{"custom_id": f"theirs-{k}", "params": {"messages": [{"content": f"theirs {k}"}]}} for k in range(12)]
    provider.add(lines, {})
    assert len(records(run(CLAUDE))) == 12
    assert len(provider.batches) == 2
    assert set(provider.submitted.values()) == {1}


def test_a_full_queue_is_waited_for(provider: BatchServer, run: Run) -> None:
    """The batch is halved; nothing that ran is submitted again."""
    full = {"code": "token_limit_exceeded", "message": "Enqueued token limit reached", "line": None, "param": None}
    provider.problems = [full, full]
    result = run()
    assert len(records(result)) == 12
    assert [batch.status for batch in provider.batches.values()][:2] == ["failed", "failed"]
    ran = [
        line["custom_id"] for batch in provider.batches.values() if batch.status == "completed" for line in batch.lines
    ]
    assert len(ran) == len(set(ran)) == 12


def test_a_batch_that_is_refused_as_a_whole_stops_the_run(provider: BatchServer, run: Run, tmp_path: Path) -> None:
    """With the provider's words; a resume submits its lines anew."""
    provider.problems = [{"code": "model_not_found", "message": "The model m does not exist", "line": 1, "param": None}]
    with pytest.raises(ModelStoppedError, match=r"line 1: The model m does not exist \(model_not_found\)"):
        run(name="one")
    # Nothing was answered and nothing is under way, so there is nothing to keep.
    assert not (tmp_path / "one").exists()


@BOTH
def test_a_server_without_batches_is_named(server: ChatServer, run: Run, tmp_path: Path, model: str) -> None:
    """In one line, and no folder is left."""
    address = server.url.removesuffix("/v1") if model == CLAUDE else server.url
    with pytest.raises(ModelUnavailableError, match="it has no Batch API"):
        run(model, base_url=address)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("model", ["baseline/idk", "local"])
def test_a_model_without_batches_is_refused(tmp_path: Path, model: str) -> None:
    """Before anything is asked."""
    with pytest.raises(UsageError, match="has no Batch API"):
        evalkit.run("letters", model=model, batch=True, limit=1, out=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_budget_beside_a_batch_is_refused(provider: BatchServer, run: Run) -> None:
    """It could not stop one that is submitted."""
    with pytest.raises(SettingError, match="cannot be stopped by a budget"):
        run(max_tokens_total=100)
    assert not provider.paths


def test_the_cache_is_shared_with_interactive_runs(provider: BatchServer, run: Run) -> None:
    """What a run has asked before is not submitted, and what a batch answered is not asked again."""
    provider.answer = known
    run(limit=4, batch=False, cache="on")
    assert len(provider.direct) == 8
    second = run(limit=6, cache="on")
    assert [len(batch.lines) for batch in provider.batches.values()] == [4]
    assert len(records(second)) == 12
    run(limit=6, batch=False, cache="on")
    assert len(provider.direct) == 8


def test_judges_are_asked_directly_after_the_batch(provider: BatchServer, run: Run) -> None:
    """A batch holds the questions; a judge's are asked as ever."""

    def answer(body: dict[str, Any]) -> str:
        word = word_of(body)
        return f"VERDICT {word}: CORRECT" if word else "an answer"

    provider.answer = answer
    judge = {"judge": "j", "judge.base_url": provider.url}
    result = run(grader="judge", grader_parameters=judge, limit=3, thresholds=[None])
    assert [len(batch.lines) for batch in provider.batches.values()] == [3]
    assert {body["model"] for body in provider.direct} == {"j"}
    assert len(records(result)) == 3


def test_a_key_that_the_server_repeats_reaches_no_file(provider: BatchServer, run: Run) -> None:
    """Neither the records nor the results as they were downloaded."""
    provider.answer = lambda _: "your key is sk-openai-key-1"
    result = run()
    for path in result.folder.rglob("*"):
        assert not path.is_file() or b"sk-openai-key-1" not in path.read_bytes(), path


def start(provider: BatchServer, out: Path, model: str, *more: str) -> subprocess.Popen[bytes]:
    """`evalkit run --batch` as a process of its own."""
    address = provider.origin if model == CLAUDE else provider.url
    options = ["--model", model, "--base-url", address, "--task", "letters", "--limit", "6", "--out", str(out)]
    command = [sys.executable, "-m", "evalkit", "run", "--batch", *options, *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait for a condition while a process runs."""
    while not condition():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_left_while_the_provider_works_and_resumed_by_another_process(
    provider: BatchServer, tmp_path: Path, model: str, number: signal.Signals
) -> None:
    """To the end, and nothing is submitted twice; Ctrl-C says how to pick it up."""
    provider.hold, provider.answer = True, known
    process = start(provider, tmp_path, model)
    wait_until(lambda: provider.looks > 0, process)
    process.send_signal(number)
    said = process.communicate()[1].decode()
    folder = next(path.parent for path in tmp_path.glob("*/run.json"))
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert (
            f"batch_1 goes on at the provider, and 0 answers are kept; resume with: evalkit run --resume {folder}"
            in said
        )
    provider.hold = False
    ended = subprocess.run(
        [sys.executable, "-m", "evalkit", "run", "--resume", str(folder)], capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert len(lines_of(folder / "records.jsonl")) == 6
    assert set(provider.submitted.values()) == {1}
    assert len(provider.batches) == 1


@pytest.mark.slow
@BOTH
def test_killed_at_any_step_nothing_is_submitted_twice(provider: BatchServer, tmp_path: Path, model: str) -> None:
    """Killed after each request that reached the provider, until a process comes to the end."""
    provider.answer = known
    kills = 0
    while True:
        folder = next((path.parent for path in tmp_path.glob("*/run.json")), None)
        seen = len(provider.paths)
        if folder is None:
            process = start(provider, tmp_path, model, "--batch-size", "4")
        else:
            command = [sys.executable, "-m", "evalkit", "run", "--resume", str(folder)]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while len(provider.paths) <= seen + kills % 3 and process.poll() is None:
            time.sleep(0.001)
        ended = process.poll() is not None
        process.kill()
        said = process.communicate()
        if ended:
            assert process.returncode == 0, said
            break
        kills += 1
        if folder is not None:  # a submission that is not found within its time has not arrived
            _age(folder)
    assert folder is not None
    assert kills > 2
    assert len(lines_of(folder / "records.jsonl")) == 6
    assert set(provider.submitted.values()) == {1}


def _age(folder: Path) -> None:
    """Let a minute and a half pass for a submission under way."""
    path = folder / "batch" / "state.json"
    if path.exists():
        state = json.loads(path.read_text())
        for part in state["parts"]:
            part["sent"] = max(part["sent"] - 100.0, 0.0)
        path.write_text(json.dumps(state))


def test_state_on_screen(provider: BatchServer, tmp_path: Path) -> None:
    """Each step is a line, with the batch's id."""
    options = ["--model", OPENAI, "--base-url", provider.url, "--task", "letters", "--limit", "6"]
    ended = CliRunner().invoke(cli, ["run", "--batch", *options, "--out", str(tmp_path)])
    assert ended.exit_code == 0, ended.output
    assert "the batch is submitted as batch_1: 6 requests; Ctrl-C leaves it, --resume picks it up" in ended.stderr
    assert "batch_1: completed, 6 results" in ended.stderr


def test_names_tell_people_what_is_asked(provider: BatchServer, run: Run) -> None:
    """And satisfy both providers: at most 64 letters, digits, dashes and underscores."""
    run()
    names = [line["custom_id"] for line in next(iter(provider.batches.values())).lines]
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in names)
    assert all(name.startswith("letters-") for name in names)


def test_the_folder_says_how_far_each_batch_is(run: Run) -> None:
    """After the run, all are used."""
    result = run(batch_size=7)
    folder = BatchFolder(result.folder)
    assert [(part.id, part.step, part.requests) for part in folder.parts] == [
        ("batch_1", "used", 7), ("batch_2", "used", 5),
    ]  # fmt: skip
    assert result.config is not None
    assert result.config.batch
