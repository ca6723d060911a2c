"""transformers' own server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import real_servers
from real_runs import counts, run, texts
from real_servers import RealServer

from evalkit.errors import ModelUnavailableError


@pytest.fixture(scope="module")
def server(logs: Path) -> Iterator[RealServer]:
    """The server of transformers with the embedded model."""
    with real_servers.transformers(logs) as found:
        yield found


def test_the_same_run_twice_and_streamed(server: RealServer, tmp_path: Path) -> None:
    """Temperature 0 is honored: same answers and counts each time."""
    first, second = (run(server, tmp_path, n=2) for _ in range(2))
    streamed = run(server, tmp_path, n=2, model_parameters={"stream": "true"})
    assert texts(first) == texts(second) == texts(streamed)
    assert counts(first) == counts(second) == counts(streamed)
    assert all(card.missing.failed == 0 for card in first.scorecards)


def test_a_server_without_log_probabilities_is_named(server: RealServer, tmp_path: Path) -> None:
    """It ignores the field; one line names the other ways to a confidence."""
    said: list[str] = []
    run(server, tmp_path, n=2, thresholds=[None], max_tokens=4, confidence="logprob", notify=said.append)
    assert len([line for line in said if "--confidence verbal" in line]) == 1


def test_a_wrong_model_stops_at_the_first_answer(server: RealServer, tmp_path: Path) -> None:
    """It answers 400, not 404."""
    with pytest.raises(ModelUnavailableError, match="no such model or address"):
        run(server, tmp_path, n=1, model="nothing-9b")
