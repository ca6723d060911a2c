"""LLMock: breaks on demand, and gives a verdict on how its client took it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import real_servers
from real_runs import run
from real_servers import RealServer

from evalkit.errors import ModelUnavailableError

STREAMED = {"model_parameters": {"stream": "true"}}
SURVIVED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a limit that says when to come back": ({"type": "fail", "status": 429, "retry_after": 1, "times": 2}, {}),
    "an outage that passes": ({"type": "fail", "status": 503, "times": 3}, {}),
    "server errors": ({"type": "fail", "status": 500, "times": 2}, {}),
    "a slow answer": ({"type": "delay", "seconds": 3, "times": 1}, {"timeout": 1}),
    "a stream that ends early": ({"type": "stream_fault", "kind": "truncate", "after_chunks": 2, "times": 2}, STREAMED),
    "a dropped stream": ({"type": "stream_fault", "kind": "disconnect", "after_chunks": 2, "times": 2}, STREAMED),
    "a broken event": ({"type": "stream_fault", "kind": "malformed", "after_chunks": 2, "times": 2}, STREAMED),
    "a stalled stream": (
        {"type": "stream_fault", "kind": "stall", "after_chunks": 2, "stall_seconds": 4, "times": 1},
        {**STREAMED, "timeout": 1},
    ),
    "a slow first token": ({"type": "slow_first_token", "seconds": 1, "times": 2}, STREAMED),
}


@pytest.fixture(autouse=True)
def _no_waiting() -> None:
    """Here retries wait as they do for a user: the server looks at the times."""


@pytest.fixture(scope="module")
def llmock(logs: Path) -> Iterator[RealServer]:
    """The server without a scenario."""
    with real_servers.llmock(logs) as server:
        yield server


def queue(server: RealServer, *behaviors: dict[str, Any]) -> None:
    """Forget what was, and queue behaviors."""
    post(server, "reset", {})
    post(server, "scenario", {"behaviors": list(behaviors)})


def post(server: RealServer, what: str, body: Any) -> None:
    """Tell the server something."""
    data = json.dumps(body).encode()
    with urlopen(Request(f"{server.root}/_llmock/{what}", data, {"Content-Type": "application/json"})) as answer:
        assert answer.status < 300


def told(server: RealServer, what: str) -> Any:
    """What the server says of its client."""
    with urlopen(f"{server.root}/_llmock/{what}") as answer:
        return json.load(answer)


@pytest.mark.parametrize(("behavior", "settings"), SURVIVED.values(), ids=SURVIVED)
def test_a_fault_that_passes_costs_no_sample(
    llmock: RealServer, tmp_path: Path, behavior: dict[str, Any], settings: dict[str, Any]
) -> None:
    """Every sample is answered, and the server finds no fault with the client."""
    queue(llmock, behavior)
    result = run(llmock, tmp_path, n=8, thresholds=[None], model="gpt-4o", max_connections=8, **settings)
    assert result.scorecards[0].missing.failed == 0
    verdict = told(llmock, "verdict")
    # LLMock takes a stream read to its end for an accepted one, even where the question is asked again.
    found = {finding["code"] for finding in verdict["findings"]} - {"malformed_chunk_ignored"}
    assert verdict["errors"] == 0
    assert found == set()
    if behavior.get("kind") == "malformed":
        asked = [request["fingerprint"] for request in told(llmock, "requests")["requests"]]
        assert len(asked) == len(set(asked)) + behavior["times"]


def test_a_refused_key_is_asked_once(llmock: RealServer, tmp_path: Path) -> None:
    """401 is not repeated."""
    queue(llmock, {"type": "fail", "status": 401, "times": None})
    with pytest.raises(ModelUnavailableError, match="the key is not accepted"):
        run(llmock, tmp_path, n=8, model="gpt-4o")
    assert told(llmock, "verdict")["attempts"] == 1


def test_a_bad_request_is_not_repeated(llmock: RealServer, tmp_path: Path) -> None:
    """It fails its own sample."""
    queue(llmock, {"type": "fail", "status": 400, "times": 1})
    result = run(llmock, tmp_path, n=8, thresholds=[None], model="gpt-4o")
    assert result.scorecards[0].missing.failed == 1
    assert told(llmock, "verdict")["errors"] == 0


def test_a_quota_is_kept(logs: Path, tmp_path: Path) -> None:
    """Requests over the quota wait for as long as the server says; none is lost."""
    with real_servers.llmock(logs, "--rpm", "240") as server:
        wide = {"max_connections": 200, "adaptive": False, "task_parameters": {"n": 300}}
        result = run(server, tmp_path, n=300, thresholds=[None], model="gpt-4o", **wide)
        verdict = told(server, "verdict")
    card = result.scorecards[0]
    assert card.missing.failed == 0
    assert card.n + card.missing.total == 300
    assert verdict["errors"] == 0
