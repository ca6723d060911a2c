"""SWE-bench with an agent: what it is told, what becomes of what it submits; on a toy repository, by mini-swe-agent."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import evalkit
from evalkit.errors import EvalkitError, MissingExtraError

FIX = "sed -i 's/return 1/return 2/' two.py && git diff > patch.txt"
SUBMIT = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"


@pytest.fixture
def toy(tmp_path: Path) -> dict[str, Any]:
    """A repository with a fault, and an issue on it in the publisher's layout."""
    pytest.importorskip("minisweagent", reason="the extra swe-agent is not installed")
    repository = tmp_path / "repositories" / "own__two"
    repository.mkdir(parents=True)
    (repository / "two.py").write_text("def two():\n    return 1\n", encoding="utf-8")
    for command in (
        ["init", "--quiet"], ["add", "."],
        ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "two"],
    ):  # fmt: skip
        subprocess.run(["git", "-C", repository, *command], check=True)
    commit = subprocess.run(["git", "-C", repository, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    row = {
        "instance_id": "own__two-1", "repo": "own/two", "base_commit": commit.stdout.strip(),
        "problem_statement": "two() returns 1.", "patch": "",
    }  # fmt: skip
    (tmp_path / "swe.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    return {
        "data": str(tmp_path / "swe.jsonl"),
        "task_parameters": {"repositories": str(tmp_path / "repositories")},
        "out": tmp_path / "runs",
    }


def commanding(*commands: str) -> Callable[[Any], str]:
    """A model that gives one command a turn, the last one again and again."""

    def answer(body: Any) -> str:
        turn = sum(message["role"] == "assistant" for message in body["messages"])
        return f"THOUGHT: next.\n\n```mswea_bash_command\n{commands[min(turn, len(commands) - 1)]}\n```"

    return answer


def test_the_agent_works_in_the_repository_and_its_patch_is_kept(toy: dict[str, Any], server: Any) -> None:
    """A patch that waits for the harness: a failure with the command, and `evalkit predictions` writes it."""
    server.answer = commanding("cat two.py", FIX, f"{SUBMIT} && cat patch.txt")
    run = evalkit.run(["swe_bench"], model="m", base_url=server.url, **toy)
    failed = json.loads((run.folder / "failures.jsonl").read_text(encoding="utf-8"))
    assert failed["stage"] == "judge"
    assert "-    return 1\n+    return 2" in failed["completion"]["text"]
    assert failed["completion"]["usage"]["completion_tokens"] == 6  # three turns of two tokens
    assert "return 1" in failed["completion"]["reasoning"]  # what `cat` printed
    first = server.requests[0]["messages"]
    assert "two() returns 1." in first[1]["content"]
    assert "confident" not in first[1]["content"]


def test_a_stated_target_says_how_to_abstain_and_an_empty_submission_is_idk(toy: dict[str, Any], server: Any) -> None:
    """The words of the target and the command that submits nothing stand with the issue."""
    server.answer = commanding(SUBMIT)
    run = evalkit.run(["swe_bench"], model="m", base_url=server.url, thresholds=[0.75], **toy)
    assert run.records[["outcome", "non_answer"]].to_numpy().tolist() == [["idk", "empty"]]
    told = server.requests[0]["messages"][1]["content"]
    assert "mistakes are penalized 3 points" in told
    assert f"run exactly `{SUBMIT}`" in told


@pytest.mark.parametrize(
    ("submitted", "outcome", "kind"),
    [("[]", "idk", "empty"), ("", "idk", "empty"), ("I changed return 1 to return 2.", "error", "unparsed")],
)
def test_submissions_that_are_no_patch_are_sorted_as_rescore_does(
    submitted: str, outcome: str, kind: str, toy: dict[str, Any], server: Any
) -> None:
    """An empty list is an empty patch; prose is a claim without a patch."""
    server.answer = commanding(f"{SUBMIT} && echo '{submitted}'")
    run = evalkit.run(["swe_bench"], model="m", base_url=server.url, **toy)
    assert run.records[["outcome", "non_answer"]].to_numpy().tolist() == [[outcome, kind]]


@pytest.mark.parametrize(
    ("said", "outcome"), [("I don't know how to solve this.", "idk"), ("It is solved: two() returns 2 now.", "error")]
)
def test_an_agent_that_gives_no_command_has_said_its_last_turn(
    said: str, outcome: str, toy: dict[str, Any], server: Any
) -> None:
    """After three turns without one."""
    server.answer = lambda _: said
    run = evalkit.run(["swe_bench"], model="m", base_url=server.url, **toy)
    assert run.records["outcome"].tolist() == [outcome]
    assert len(server.requests) == 3


def test_a_repository_that_is_missing_stops_the_run_in_one_line(toy: dict[str, Any], server: Any) -> None:
    """With its name."""
    toy["task_parameters"] = {"repositories": str(Path(toy["data"]).parent)}
    with pytest.raises(EvalkitError, match="no folder own__two"):
        evalkit.run(["swe_bench"], model="m", base_url=server.url, **toy)


def test_without_docker_the_agent_stops_in_one_line(tmp_path: Path, server: Any, monkeypatch: Any) -> None:
    """Before anything is asked, with the command for a machine where it runs."""
    with pytest.raises(
        EvalkitError, match=r"Docker, which does not run here; .*evalkit run --task swe_bench"
    ) as caught:
        evalkit.run(["swe_bench"], task_parameters={"agent": "mini"}, **without_docker(tmp_path, server, monkeypatch))
    assert not isinstance(caught.value, MissingExtraError)
    assert server.requests == []


def test_without_docker_patches_are_asked_for_from_the_issue_alone(
    tmp_path: Path, server: Any, monkeypatch: Any
) -> None:
    """Which a note says before the first answer, with the command, and the board by a setting of its own."""
    given = without_docker(tmp_path, server, monkeypatch)
    (note,) = evalkit.make_task("swe_bench", {"data": given["data"]}).notes
    assert note.endswith(": evalkit run --task swe_bench --model MODEL")
    server.answer = lambda _: "I don't know."
    run = evalkit.run(["swe_bench"], **given)
    assert "unified diff format" in server.requests[0]["messages"][0]["content"]
    assert run.records["outcome"].tolist() == ["idk"]
    written = (run.folder / "run.json").read_text(encoding="utf-8")
    assert "none instead of mini" in written


def without_docker(folder: Path, server: Any, monkeypatch: Any) -> dict[str, Any]:
    """Settings of a run on a machine without Docker."""
    monkeypatch.setenv("PATH", str(folder))
    row = {"instance_id": "a__a-1", "repo": "a/a", "base_commit": "abc", "problem_statement": "It fails.", "patch": ""}
    (folder / "swe.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    return {"data": str(folder / "swe.jsonl"), "out": folder / "runs", "model": "m", "base_url": server.url}
