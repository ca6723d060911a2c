"""A run that only fails stops early, can be resumed, and says what to change."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from loopback import ChatServer, error_response

import evalkit
from evalkit.errors import BadResponseError, ModelError, ModelStoppedError, TransientError
from evalkit.models import breaker
from evalkit.models.base import ModelOptions, Request, open_model
from evalkit.models.breaker import FIRST, WINDOW, Breaker
from evalkit.records import Completion, Message


def failure(kind: str) -> ModelError:
    """A failure of a kind."""
    return BadResponseError(f"failed: {kind}").of_kind(kind)


def ask(url: str, times: int, connections: int = 8) -> list[Completion | BaseException]:
    """Many questions, and what each of them came to."""

    async def call() -> list[Completion | BaseException]:
        async with open_model("m", ModelOptions(base_url=url, max_connections=connections)) as model:
            left = iter(range(times))
            found: list[Completion | BaseException] = []

            async def work() -> None:
                for k in left:
                    request = Request(messages=[Message(role="user", content=f"How many? {k}")])
                    found.extend(await asyncio.gather(model.complete(request), return_exceptions=True))

            await asyncio.gather(*(work() for _ in range(model.max_connections)))
            return found

    return asyncio.run(call())


@pytest.mark.parametrize("status", [400, 500])
def test_a_server_that_never_answers_stops_the_run(server: ChatServer, status: int) -> None:
    """The same failure on the first answers: a few hundred samples later it would be the same."""
    server.answer = lambda _: error_response(status, "nothing works here")
    found = ask(server.url, 400)
    stopped = [one for one in found if isinstance(one, ModelStoppedError)]
    assert len(stopped) > 300
    assert "nothing works here" in str(stopped[0])
    tries = 8 if status == 500 else 1
    assert len(server.requests) <= (FIRST + 8) * tries


def test_failures_that_differ_do_not_stop_a_run() -> None:
    """Each sample has a fault of its own."""
    counts = Breaker()
    assert all(counts.failed(failure(f"kind {k}")) is None for k in range(200))


def test_a_prompt_that_is_too_long_is_its_own_fault(server: ChatServer) -> None:
    """However many there are, the next may be shorter."""
    server.answer = lambda _: error_response(400, "This model's maximum context length is 2048 tokens.")
    found = ask(server.url, 60)
    assert all(type(one) is not ModelStoppedError for one in found)
    assert len(server.requests) == 120  # with the default limit, and without


def test_a_server_that_breaks_later_stops_the_run_too() -> None:
    """Nine in ten of the last fifty, in one way; fewer do not."""
    counts = Breaker()
    for _ in range(200):
        counts.succeeded()
    ends = [counts.failed(failure("500")) for _ in range(WINDOW)]
    assert all(end is None for end in ends[: int(breaker.SHARE * WINDOW) - 1])
    assert isinstance(ends[int(breaker.SHARE * WINDOW) - 1], ModelStoppedError)
    counts = Breaker()
    for k in range(500):
        if k % 5 == 0:
            counts.succeeded()
        else:
            assert counts.failed(failure("500")) is None


def test_a_key_that_runs_out_of_money_stops_and_resumes(server: ChatServer, tmp_path: Path) -> None:
    """At the 300th answer: within the requests under way, and every sample is answered in the end."""
    paid = [300]

    def answer(_: dict[str, Any]) -> web.StreamResponse | str:
        if paid[0] <= 0:
            said = {"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}
            return web.json_response(said, status=429)
        paid[0] -= 1
        return "1"

    server.answer = answer
    task = tmp_path / "many.py"
    task.write_text(
        "from evalkit import Sample, Task, task\n\n\n@task\ndef many() -> Task:\n"
        "    rows = (Sample(id=str(k), input=f'{k}?', target='1') for k in range(1000))\n"
        "    return Task(samples=rows, grader='count')\n",
        encoding="utf-8",
    )
    with pytest.raises(ModelStoppedError, match="no credit left"):
        evalkit.run(str(task), model="m", base_url=server.url, out=tmp_path)
    assert len(server.requests) <= 300 + 64
    (folder,) = {path.parent for path in tmp_path.glob("*/run.json")}
    paid[0] = 1000
    again = evalkit.run(resume=folder)
    assert (again.failed, again.scorecards[0].n) == (0, 1000)


def test_one_request_is_not_kept_waiting_for_ever(server: ChatServer) -> None:
    """A total of tries holds whatever the server says."""
    server.answer = lambda _: error_response(503, "soon", **{"Retry-After": "0"})
    (found,) = ask(server.url, 1)
    assert isinstance(found, TransientError)
    assert len(server.requests) == 8
    server.requests.clear()
    server.answer = lambda _: error_response(503, "soon", **{"Retry-After": "0.01"})
    ask(server.url, 1)
    assert 8 < len(server.requests) <= 48
