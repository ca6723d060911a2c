"""The response cache of a results folder: what was answered once is not asked again."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from loopback import ChatServer

import evalkit
from evalkit import Sample, Task, task
from evalkit.errors import InputError
from evalkit.runs.cache import FILE, Mode
from evalkit.runs.journal import read_records


@task
def sums(n: int = 4) -> Task:
    """Small sums."""
    return Task(samples=[Sample(id=str(k), input=f"{k} + 1?", target=str(k + 1)) for k in range(n)], grader="exact")


def run(server: ChatServer, tmp_path: Path, **settings: Any) -> evalkit.RunResult:
    """A run against the loopback server, below one results folder."""
    return evalkit.run(sums, model="m", base_url=server.url, out=tmp_path / "results", **settings)


def asked(server: ChatServer) -> int:
    """How many questions have come since the last call."""
    n = len(server.requests)
    server.requests.clear()
    return n


def test_the_same_questions_are_asked_once(server: ChatServer, tmp_path: Path) -> None:
    """The second run has the same records, and says how many completions it took over."""
    first = run(server, tmp_path, thresholds=[None, 0.5])
    assert asked(server) == 8
    second = run(server, tmp_path, thresholds=[None, 0.5])
    assert asked(server) == 0
    assert second.manifest.reused == 8
    completions = [[record.completion for record in read_records(result.folder)] for result in (first, second)]
    assert [{one.reused for one in these} for these in completions] == [{False}, {True}]
    texts = [sorted(str(one.model_copy(update={"reused": True})) for one in these) for these in completions]
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("more", "new"),
    [
        ({"thresholds": [None, 0.5]}, 4),
        ({"task_parameters": {"n": 6}}, 2),
        ({"grader_parameters": {}, "count_as": {"empty": "error"}}, 0),
        ({"max_tokens": 7}, 4),
        ({"system": "Be brief."}, 4),
        ({"temperature": 0.5}, 4),
        ({"model_parameters": {"top_k": 3}}, 4),
        ({"model": "other"}, 4),
    ],
)
def test_only_what_is_new_is_asked(server: ChatServer, tmp_path: Path, more: dict[str, Any], new: int) -> None:
    """More targets or samples, or another way to count, ask what is new; another request asks everything."""
    run(server, tmp_path)
    asked(server)
    evalkit.run(sums, **{"model": "m", "base_url": server.url, "out": tmp_path / "results", **more})
    assert asked(server) == new


def test_epochs_are_answers_of_their_own(server: ChatServer, tmp_path: Path) -> None:
    """A second epoch is not the first one again; a third asks only that."""
    run(server, tmp_path, epochs=2)
    assert asked(server) == 8
    run(server, tmp_path, epochs=3)
    assert asked(server) == 4


def test_refusals_and_cut_off_answers_are_replayed_and_failures_asked_again(server: ChatServer, tmp_path: Path) -> None:
    """Asking only refusals again would bias the score; a failure holds no completion."""
    answers: list[Any] = [
        {"choices": [{"message": {"content": "I can"}, "finish_reason": "length"}]},
        {"choices": [{"message": {"content": None, "refusal": "No."}, "finish_reason": "stop"}]},
    ]

    def answer(request: Any) -> Any:
        number = int(str(request["messages"][-1]["content"]).split(" ")[0])
        if number < len(answers):
            return web.json_response(answers[number])
        return web.json_response({"error": {"message": "no"}}, status=400)

    server.answer = answer
    first = run(server, tmp_path)
    assert first.failed == 2
    asked(server)
    run(server, tmp_path)
    assert asked(server) == 2


@pytest.mark.parametrize(("mode", "new"), [("off", 4), ("write", 4), ("read", 0)])
def test_the_cache_may_be_read_or_written_alone(server: ChatServer, tmp_path: Path, mode: Mode, new: int) -> None:
    """`write` asks afresh and replaces; `off` does neither."""
    run(server, tmp_path)
    asked(server)
    run(server, tmp_path, cache=mode)
    assert asked(server) == new


def test_off_keeps_nothing(server: ChatServer, tmp_path: Path) -> None:
    """And makes no file."""
    run(server, tmp_path, cache="off")
    assert not (tmp_path / "results" / FILE).exists()


def test_a_file_that_is_no_cache_is_named(server: ChatServer, tmp_path: Path) -> None:
    """With the remedy, before anything is asked."""
    path = tmp_path / "results" / FILE
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database at all, but long enough to be taken for one" * 100)
    with pytest.raises(InputError, match="delete it, or --cache off"):
        run(server, tmp_path)
    assert asked(server) == 0


def test_an_entry_that_cannot_be_read_is_asked_again(server: ChatServer, tmp_path: Path) -> None:
    """The cache is data: a damaged entry does no harm."""
    run(server, tmp_path)
    with sqlite3.connect(tmp_path / "results" / FILE) as connection:
        connection.execute("UPDATE completions SET completion = '{'")
    asked(server)
    run(server, tmp_path)
    assert asked(server) == 4


def test_what_a_kill_kept_from_the_cache_comes_from_the_journal(server: ChatServer, tmp_path: Path) -> None:
    """The last second's answers are in no cache file yet; after a resume no other run asks them again."""
    killed = run(server, tmp_path, epochs=2, name="killed").folder
    content = json.loads((killed / "run.json").read_text(encoding="utf-8"))
    (killed / "run.json").write_text(json.dumps(content | {"status": "running"}), encoding="utf-8")
    (tmp_path / "results" / FILE).unlink()
    asked(server)
    evalkit.run(sums, resume=killed)
    assert asked(server) == 0
    other = run(server, tmp_path, epochs=2, thresholds=[None, 0.5])
    assert asked(server) == 8
    assert other.manifest.reused == 8
