"""How many requests are under way at once."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from loopback import ChatServer, completion_body, error_response

import evalkit
from evalkit.errors import TransientError
from evalkit.models import retry
from evalkit.models.base import ModelOptions, Request, open_model
from evalkit.models.concurrency import FIRST, Pace
from evalkit.records import Message

CROWDED = TransientError("429", crowded=True)


def answer(pace: Pace, times: int) -> None:
    """So many requests that fill the pace and are answered."""

    async def go() -> None:
        for _ in range(times):
            places = [await pace.enter() for _ in range(int(pace.limit) - pace.under_way)]
            for _ in places:
                pace.succeeded()
                pace.leave()

    asyncio.run(go())


def test_it_starts_slowly_and_doubles_each_round() -> None:
    """Eight, sixteen, thirty-two, and never more than the most."""
    pace = Pace(100)
    assert pace.limit == FIRST
    answer(pace, 1)
    assert pace.limit > FIRST
    answer(pace, 200)
    assert pace.limit == 100


def test_a_crowded_server_gets_half_as_many_then_one_more_a_round() -> None:
    """Slow start ends at the first cut; requests that were under way before it say nothing new."""
    pace = Pace(64)
    answer(pace, 200)
    entered = time.monotonic()
    pace.refused(CROWDED, entered)
    assert pace.limit == 32
    pace.refused(CROWDED, entered)
    assert pace.limit == 32
    answer(pace, 1)
    assert 32 < pace.limit < 34
    pace.refused(CROWDED, time.monotonic())
    assert 16 <= pace.limit < 17


def test_without_adapting_it_goes_to_the_most_at_once_and_stays() -> None:
    """--no-adaptive."""
    pace = Pace(50, adaptive=False)
    pace.refused(CROWDED, time.monotonic())
    assert pace.limit == 50


@given(st.lists(st.sampled_from(["answer", "crowded", "other"]), max_size=200), st.integers(1, 100))
def test_the_limit_stays_between_one_and_the_most(events: list[str], most: int) -> None:
    """Whatever happens."""
    pace = Pace(most)
    for event in events:
        if event == "answer":
            answer(pace, 1)
        else:
            pace.refused(TransientError("x", crowded=event == "crowded"), time.monotonic())
        assert 1 <= pace.limit <= most
        assert pace.under_way == 0


def test_a_request_given_up_in_the_queue_leaves_its_turn_to_another() -> None:
    """Cancelled while it waits, or just when its turn has come: nobody is stuck."""

    async def go() -> None:
        pace = Pace(1)
        await pace.enter()
        waiting = [asyncio.create_task(pace.enter()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        pace.leave()  # the turn goes to the second
        waiting[1].cancel()
        await asyncio.gather(*waiting[:2], return_exceptions=True)
        await asyncio.wait_for(waiting[2], 5)

    asyncio.run(go())


def test_where_most_are_refused_all_wait_and_the_display_says_so() -> None:
    """How long and why."""
    retry.set_testing(False)

    async def go() -> float:
        pace = Pace(4)
        pace.refused(TransientError("too many requests", retry_after=0.2), time.monotonic())
        assert pace.waiting() == "waiting 0 s: too many requests"
        started = time.monotonic()
        await pace.enter()
        return time.monotonic() - started

    assert asyncio.run(go()) >= 0.15


def test_one_crowded_replica_of_many_holds_its_own_request_only() -> None:
    """A wish to wait among many answers is that request's."""
    retry.set_testing(False)
    pace = Pace(64)
    answer(pace, 4)
    pace.refused(TransientError("busy", retry_after=30), time.monotonic())
    assert pace.waiting() == ""


def test_five_refusals_in_a_hundred_cost_little(server: ChatServer) -> None:
    """503 with Retry-After 1 from one replica of twenty: each such request waits a second, the others do not."""
    retry.set_testing(False)
    count = 0

    def take(_: dict[str, Any]) -> web.StreamResponse | str:
        nonlocal count
        count += 1
        return error_response(503, "busy", **{"Retry-After": "1"}) if count % 20 == 0 else "1"

    server.answer = take
    server.delay = 0.01

    async def go() -> float:
        async with open_model("m", ModelOptions(base_url=server.url)) as model:
            started = time.monotonic()
            asked = (model.complete(Request(messages=[Message(role="user", content=str(k))])) for k in range(200))
            await asyncio.gather(*asked)
            return time.monotonic() - started

    assert asyncio.run(go()) < 6


def test_waits_grow_also_where_the_server_asks_for_none(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry-After: 0 is no invitation to come back at once."""
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("evalkit.models.retry._sleep", note)
    server.answer = lambda _: error_response(429, "busy", **{"Retry-After": "0"})

    async def go() -> None:
        async with open_model("m", ModelOptions(base_url=server.url)) as model:
            await model.complete(Request(messages=[Message(role="user", content="?")]))

    with pytest.raises(TransientError):
        asyncio.run(go())
    assert all(wait >= 0.5 for wait in waits)
    assert max(waits[3:]) > 1


def test_an_answer_that_was_the_last_allowed_one_holds_the_next(server: ChatServer, tmp_path: Path) -> None:
    """x-ratelimit-remaining-requests: 0 beside x-ratelimit-reset-requests: 200ms, on a 200."""
    retry.set_testing(False)
    limits = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "200ms"}
    server.answer = lambda _: web.json_response(completion_body("1"), headers=limits)
    started = time.monotonic()
    evalkit.run(model="m", base_url=server.url, tasks=["letters"], limit=3, max_connections=1, out=tmp_path)
    assert time.monotonic() - started >= 0.4


@pytest.mark.parametrize("allowed", [4, 20])
def test_it_finds_the_level_that_a_server_takes(server: ChatServer, tmp_path: Path, allowed: int) -> None:
    """More at once than it takes are refused; every sample is answered, and most requests are not refused."""
    under_way = refused = 0
    server.delay = 0.001

    def take(_: dict[str, Any]) -> web.StreamResponse | str:
        nonlocal refused
        if server.under_way > allowed:
            refused += 1
            return error_response(429, "too many at once")
        return "1"

    server.answer = take
    result = evalkit.run(model="m", base_url=server.url, tasks=["letters"], limit=600, out=tmp_path)
    assert (result.failed, result.scorecards[0].n, under_way) == (0, 200, 0)
    assert refused < 200
