"""A judge is a model like any other: its own address, key, parameters, limit and retries, as `-G judge.KEY=VALUE`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner
from loopback import ChatServer, completion_body, error_response, lines_of, question_of, serving, word_of

import evalkit
from evalkit.cli import cli
from evalkit.cli.progress import Display
from evalkit.errors import ModelStoppedError, ModelUnavailableError, SettingError, UsageError
from evalkit.runs.manifest import read_manifest

VAGUE = "The city on the Seine, I believe."
TASK = """
from evalkit import Sample, Task, task

@task
def capitals() -> Task:
    samples = [Sample(id=str(k), input=f"Which is {k}?", target="Paris") for k in range(6)]
    return Task(samples=samples, grader="judge")
"""


@pytest.fixture
def judge() -> Iterator[ChatServer]:
    """A second server, which finds every answer correct."""
    with serving() as chat:
        chat.answer = verdict
        yield chat


def verdict(body: dict[str, Any]) -> str:
    """The verdict "correct", or an answer to the trial."""
    return f"VERDICT {word_of(body)}: correct" if word_of(body) else "ready"


def run(server: ChatServer, judge: ChatServer, tmp_path: Path, **settings: str) -> evalkit.RunResult:
    """A run whose answers the second server judges, with settings such as `max_tokens`."""
    task = tmp_path / "capitals.py"
    task.write_text(TASK, encoding="utf-8")
    server.answer = lambda _: VAGUE
    given = {f"judge.{key}": value for key, value in {"base_url": judge.url, **settings}.items()}
    return evalkit.run(
        str(task), model="m", base_url=server.url, out=tmp_path / "runs", grader_parameters={"judge": "j", **given}
    )


def test_a_judge_has_its_own_address_key_headers_and_parameters(
    server: ChatServer, judge: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of them reaches the model under test; run.json tells what was sent, and holds no secret."""
    monkeypatch.setenv("EVALKIT_API_KEY", "key-of-the-model")
    monkeypatch.setenv("JUDGE_KEY", "key-of-the-judge")
    monkeypatch.setenv("TEAM", "blue-team")
    result = run(
        server, judge, tmp_path, api_key_env="JUDGE_KEY", max_tokens="9000", temperature="0.5", top_p="0.9",
        **{"header.x-team": "$TEAM"},
    )  # fmt: skip
    assert result.scorecards[0].correct == 6
    assert len(judge.requests) == 7
    sent = judge.requests[0]
    assert (sent["model"], sent["max_tokens"], sent["temperature"], sent["top_p"]) == ("j", 9000, 0.5, 0.9)
    assert (judge.headers[0]["Authorization"], judge.headers[0]["x-team"]) == ("Bearer key-of-the-judge", "blue-team")
    assert (server.requests[0]["temperature"], server.requests[0].get("top_p")) == (0.0, None)
    assert server.headers[0]["Authorization"] == "Bearer key-of-the-model"
    manifest = read_manifest(result.folder)
    assert manifest.judges["j"]["base_url"] == judge.url
    assert manifest.judges["j"]["parameters"]["max_tokens"] == 9000
    text = (result.folder / "run.json").read_text(encoding="utf-8")
    assert "key-of" not in text
    assert "blue-team" not in text


def test_a_judge_has_a_reasoning_effort_of_its_own(server: ChatServer, judge: ChatServer, tmp_path: Path) -> None:
    """A judge takes its own effort, as the model takes --reasoning-effort; an unknown word is refused."""
    result = run(server, judge, tmp_path, reasoning_effort="low")
    assert {body["reasoning_effort"] for body in judge.requests} == {"low"}
    assert "reasoning_effort" not in server.requests[0]
    assert result.scorecards[0].condition.settings["-G judge.reasoning_effort"] == "low"
    with pytest.raises(UsageError, match=r"judge.reasoning_effort=purple: .*'low'"):
        run(server, judge, tmp_path, reasoning_effort="purple")


def test_how_a_judge_is_reached_is_no_part_of_the_condition(
    server: ChatServer, judge: ChatServer, tmp_path: Path
) -> None:
    """What it is asked is."""
    result = run(server, judge, tmp_path, max_tokens="9000", max_connections="2", timeout="60", retries="3")
    settings = result.scorecards[0].condition.settings
    assert {key for key in settings if key.startswith("-G")} == {"-G judge", "-G judge.max_tokens"}


def test_a_reasoning_judge_that_refuses_parameters_works_at_once(
    server: ChatServer, judge: ChatServer, tmp_path: Path
) -> None:
    """As a model under test does: what it refuses is renamed or left out, and the run says so once."""

    def answer(body: dict[str, Any]) -> web.Response | str:
        for name in ("max_tokens", "temperature"):
            if name in body:
                text = f"Unsupported parameter: '{name}' is not supported with this model."
                return web.json_response({"error": {"message": text, "param": name}}, status=400)
        return verdict(body)

    result = run(server, judge, tmp_path)
    judge.answer = answer
    result = run(server, judge, tmp_path)
    assert (result.scorecards[0].correct, result.failed) == (6, 0)
    assert len(read_manifest(result.folder).judges["j"]["changes"]) == 2


def test_what_a_judge_refuses_is_said_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    """Also at the trial, before there is a run; how far a download is, only where a line can change."""
    display = Display()
    display.notify("downloading weights (98 MB, once): 10%")
    display.notify("downloading weights (98 MB, once): 20%")
    display.notify("j: the server refuses max_tokens; the limit is sent as max_completion_tokens")
    assert capsys.readouterr().err.splitlines() == [
        "downloading weights (98 MB, once)",
        "j: the server refuses max_tokens; the limit is sent as max_completion_tokens",
    ]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (error_response(401, "bad key"), "the judge j does not answer: .*key is not accepted"),
        (error_response(400, "no such field"), "no such field"),
        (web.json_response(completion_body("")), "its reply is empty"),
    ],
    ids=["a wrong key", "a bad request", "an empty reply"],
)
def test_a_judge_is_tried_before_the_first_question_is_paid_for(
    server: ChatServer, judge: ChatServer, tmp_path: Path, reply: web.Response, words: str
) -> None:
    """A judge that cannot judge ends the run at no cost."""
    judge.answer = lambda _: reply
    with pytest.raises(ModelUnavailableError, match=words):
        run(server, judge, tmp_path)
    assert server.requests == []
    assert not list(tmp_path.glob("runs/[!.]*"))


def test_a_judge_whose_thinking_uses_up_its_tokens_is_told_the_remedy(
    server: ChatServer, judge: ChatServer, tmp_path: Path
) -> None:
    """At the trial, and where it happens to one answer."""

    def thinking(_: dict[str, Any]) -> web.Response:
        cut = completion_body("", reasoning="one, two, thr")
        cut["choices"][0]["finish_reason"] = "length"
        return web.json_response(cut)

    judge.answer = thinking
    with pytest.raises(ModelUnavailableError, match=r"-G judge.max_tokens=N"):
        run(server, judge, tmp_path, max_tokens="16")
    judge.answer = lambda body: thinking(body) if word_of(body) else "ready"
    result = run(server, judge, tmp_path, max_tokens="16")
    assert result.failed == 6
    assert "-G judge.max_tokens=N" in result.last_failure


def test_retries_of_a_judge_are_counted_apart(server: ChatServer, judge: ChatServer, tmp_path: Path) -> None:
    """None: the first failure is the verdict's; two: it is asked thrice."""
    judge.answer = lambda body: error_response(500, "down") if word_of(body) == "" else verdict(body)
    for retries, asked in (("0", 1), ("2", 3)):
        judge.requests.clear()
        with pytest.raises(ModelUnavailableError, match="down"):
            run(server, judge, tmp_path, retries=retries)
        assert len(judge.requests) == asked


def test_a_judge_without_credit_stops_the_run_and_no_answer_is_paid_for_twice(
    server: ChatServer, judge: ChatServer, tmp_path: Path
) -> None:
    """The answers that lack a verdict are kept, and judged when the run is resumed."""
    judge.answer = lambda body: verdict(body) if len(judge.requests) <= 3 else error_response(402, "no credit")
    with pytest.raises(ModelStoppedError, match=r"no credit left.*resume with"):
        run(server, judge, tmp_path, max_connections="1")
    (folder,) = (tmp_path / "runs").glob("[!.]*")
    paid = len(server.requests)
    assert len(lines_of(folder / "records.jsonl")) == 2
    judge.answer = verdict
    result = evalkit.run(resume=folder)
    assert (result.scorecards[0].correct, result.failed) == (6, 0)
    kept = {json.loads(line)["sample_id"] for line in (folder / "failures.jsonl").read_text().splitlines()}
    assert len(server.requests) == 6
    assert paid >= 2 + len(kept)


def test_a_resumed_run_may_ask_its_judge_elsewhere(server: ChatServer, judge: ChatServer, tmp_path: Path) -> None:
    """The address may change, what it is asked may not."""
    judge.answer = lambda body: verdict(body) if len(judge.requests) <= 3 else error_response(402, "no credit")
    with pytest.raises(ModelStoppedError):
        run(server, judge, tmp_path)
    (folder,) = (tmp_path / "runs").glob("[!.]*")
    with serving() as other:
        other.answer = verdict
        with pytest.raises(SettingError, match="how a judge is reached"):
            evalkit.run(resume=folder, grader_parameters={"judge.max_tokens": "5"})
        argv = ["run", "--resume", str(folder), "-G", f"judge.base_url={other.url}"]
        done = CliRunner().invoke(cli, argv)
        assert done.exit_code == 0, done.output
        assert len(other.requests) >= 5
    assert read_manifest(folder).scorecards[0].correct == 6


def test_answers_of_other_harnesses_are_regraded_by_a_judge_elsewhere(judge: ChatServer, tmp_path: Path) -> None:
    """With the same settings; it is tried once, before the first row."""
    answers = tmp_path / "answers.csv"
    rows = "".join(f"{k},Which is {k}?,{VAGUE!r},Paris\n" for k in range(3))
    answers.write_text("id,question,pred,gold\n" + rows.replace("'", '"'), encoding="utf-8")
    argv = ["rescore", str(answers), "--map", "id=id,question=question,answer=pred,target=gold", "--regrade", "judge"]
    argv += ["-G", "judge=j", "-G", f"judge.base_url={judge.url}", "-G", "judge.max_tokens=77"]
    done = CliRunner().invoke(cli, [*argv, "--model", "m", "--out", str(tmp_path / "runs"), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["scorecards"][0]["correct"] == 3
    assert {body["max_tokens"] for body in judge.requests} == {77}
    assert len(judge.requests) == 4
    judge.answer = lambda _: error_response(401, "bad key")
    done = CliRunner().invoke(cli, [*argv, "--out", str(tmp_path / "refused")])
    assert isinstance(done.exception, ModelUnavailableError)


def test_an_audit_attacks_a_judge_elsewhere(judge: ChatServer) -> None:
    """With the settings of any judge, by --judge or by -G."""
    for option in (["--judge", "j"], ["-G", "judge=j"]):
        judge.requests.clear()
        argv = [
            "audit",
            "--task",
            "wildbench",
            *option,
            "-G",
            f"judge.base_url={judge.url}",
            "-G",
            "judge.max_tokens=9",
        ]
        done = CliRunner().invoke(cli, [*argv, "--json"])
        assert done.exit_code == 0, done.output
        assert {body["max_tokens"] for body in judge.requests} == {9}
        assert question_of(judge.requests[0]) == "Reply with the word ready."


def test_an_experiment_asks_a_judge_elsewhere(server: ChatServer, judge: ChatServer, tmp_path: Path) -> None:
    """The settings are kept in its plan."""
    server.answer = lambda _: "1" if len(server.requests) % 2 else VAGUE
    (tmp_path / "capitals.py").write_text(TASK, encoding="utf-8")
    argv = ["experiment", "open-rubric", "--model", "m", "--base-url", server.url, "--limit", "2"]
    argv += ["--task", str(tmp_path / "capitals.py"), "--judge", "j", "-G", f"judge.base_url={judge.url}"]
    done = CliRunner().invoke(cli, [*argv, "-G", "judge.max_tokens=9", "--out", str(tmp_path / "out"), "--json"])
    assert done.exit_code == 0, done.output
    assert {body["max_tokens"] for body in judge.requests} == {9}
    assert len(judge.requests) > 1


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"judge.base_url": "http://127.0.0.1:1"}, "needs a model: -G judge=MODEL"),
        ({"judge": "j", "judge.max_tokens": "many"}, r"judge.max_tokens=many: .*integer"),
        ({"judge": "j", "judge.max_tokens": "0"}, "greater than or equal to 1"),
        ({"judge": "j", "judge.retries": "-1"}, "greater than or equal to 0"),
        ({"judge": "j", "judge.max_connection": "9"}, "did you mean judge.max_connections=…"),
        ({"judge": "j", "judge.token": "sk-abcdefghijklmnop"}, "environment"),
        ({"judge": "j", "judge.user": "sk-abcdefghijklmnop"}, "judge.api_key_env"),
        ({"judge": "j", "judge.header.x-team": "blue"}, "environment variable"),
        ({"judge": "j", "judge.messages": "[]"}, "messages"),
        ({"judge": "j", "judge.api_key_env": "NOT_SET_ANYWHERE"}, "NOT_SET_ANYWHERE is not set"),
        ({"judge": "j,j"}, "each once"),
        ({"judge": "j", "jugde.base_url": "x"}, "no parameter 'jugde.base_url'"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused_before_anything_is_sent(
    server: ChatServer, judge: ChatServer, tmp_path: Path, parameters: dict[str, str], words: str
) -> None:
    """One line that names it."""
    task = tmp_path / "capitals.py"
    task.write_text(TASK, encoding="utf-8")
    given = {"judge.base_url": judge.url, **parameters} if "judge" in parameters else parameters
    with pytest.raises(UsageError, match=words):
        evalkit.run(str(task), model="m", base_url=server.url, out=tmp_path / "runs", grader_parameters=given)
    assert server.requests == judge.requests == []


def test_an_empty_setting_drops_a_parameter(server: ChatServer, judge: ChatServer, tmp_path: Path) -> None:
    """As `-M temperature=` does for the model under test."""
    run(server, judge, tmp_path, temperature="", max_tokens="")
    assert {"temperature", "max_tokens"}.isdisjoint(judge.requests[0])


def test_a_strangers_run_executes_no_code_of_its_judge(
    server: ChatServer, judge: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A judge in a file is code of the run, and its address an address."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = run(server, judge, tmp_path).folder
    content = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    mark = tmp_path / "ran"
    evil = tmp_path / "evil.py"
    evil.write_text(f"open({str(mark)!r}, 'w')\n", encoding="utf-8")
    for parameters in ({"judge": f"{evil}::X/m"}, {"judge": "j", "judge.base_url": "http://127.0.0.1:9/v1"}):
        config = {**content["config"], "tasks": ["letters"], "base_url": None, "grader_parameters": parameters}
        (folder / "run.json").write_text(json.dumps({**content, "config": config}), encoding="utf-8")
        with pytest.raises(UsageError, match="--trust vouches"):
            evalkit.run(resume=folder)
    assert not mark.exists()
