"""vLLM on the processor, directly and through LiteLLM's proxy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import real_servers
from real_runs import counts, run, texts
from real_servers import CONTEXT, RealServer

import evalkit
from evalkit import Sample, Task
from evalkit.errors import ModelUnavailableError


@pytest.fixture(scope="module")
def strict(logs: Path) -> Iterator[RealServer]:
    """A vLLM that takes all text of a model that does not think for thinking, and allows five alternatives."""
    with real_servers.vllm(logs, "--max-logprobs", "5", "--reasoning-parser", "deepseek_r1") as server:
        yield server


@pytest.fixture(scope="module")
def direct(vllm: RealServer, tmp_path_factory: pytest.TempPathFactory) -> evalkit.RunResult:
    """A run with confidences, directly against the server."""
    return run(vllm, tmp_path_factory.mktemp("direct"), confidence="logprob")


@pytest.mark.parametrize("model", ["smol", "hosted"])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.usefixtures("_key")
def test_through_a_proxy_the_counts_are_the_same(
    vllm_proxy: RealServer, direct: evalkit.RunResult, tmp_path: Path, model: str, stream: bool
) -> None:
    """LiteLLM, by both of its ways to vLLM, streamed or not: same answers, grades and confidences."""
    parameters = {"stream": "true"} if stream else {}
    through = run(vllm_proxy, tmp_path, model=model, confidence="logprob", model_parameters=parameters)
    assert texts(through) == texts(direct)
    assert counts(through) == counts(direct)
    assert sum(card["confidences"] for card in counts(direct)) > 0


def test_streamed_answers_are_counted_the_same(vllm: RealServer, direct: evalkit.RunResult, tmp_path: Path) -> None:
    """With their log-probabilities."""
    streamed = run(vllm, tmp_path, confidence="logprob", model_parameters={"stream": "true"})
    assert counts(streamed) == counts(direct)


@pytest.mark.usefixtures("_key")
@pytest.mark.parametrize("where", ["vllm", "vllm_proxy"])
def test_a_wrong_model_stops_at_the_first_answer(request: pytest.FixtureRequest, tmp_path: Path, where: str) -> None:
    """In one line, however the server words it."""
    server = request.getfixturevalue(where)
    with pytest.raises(ModelUnavailableError, match=r"for nothing-9b: .*no such model or address"):
        run(server, tmp_path, model="nothing-9b")


@pytest.mark.usefixtures("_key")
@pytest.mark.parametrize("where", ["vllm", "vllm_proxy"])
def test_a_prompt_that_is_too_long_is_that_samples_failure(
    request: pytest.FixtureRequest, tmp_path: Path, where: str
) -> None:
    """The others are answered; the failure says how long the context is."""
    server = request.getfixturevalue(where)
    samples = [Sample(id=str(k), input="one " * k + "Say yes.", target="yes") for k in (1, 2 * CONTEXT, 2)]
    task = Task(samples=samples, grader="exact", name="lengths")
    result = evalkit.run(
        task, model=server.model, base_url=server.url, out=tmp_path, max_tokens=4, cache="off", max_connections=1
    )
    assert result.scorecards[0].missing.failed == 1
    assert f"{CONTEXT} tokens" in result.last_failure


def test_the_default_limit_beyond_a_small_context_is_left_out(vllm: RealServer, tmp_path: Path) -> None:
    """Rather than renamed or refused; said once."""
    said: list[str] = []
    result = run(vllm, tmp_path, n=1, thresholds=[None], max_tokens=None, notify=said.append)
    assert result.scorecards[0].missing.failed == 0
    assert len([line for line in said if "no token limit is sent" in line]) == 1


def test_two_hundred_at_once(vllm: RealServer, tmp_path: Path) -> None:
    """None is lost, though the server works on sixteen at a time."""
    wide = {"max_connections": 200, "adaptive": False, "task_parameters": {"n": 200}}
    result = run(vllm, tmp_path, n=200, thresholds=[None], max_tokens=1, **wide)
    card = result.scorecards[0]
    assert card.missing.failed == 0
    assert card.n + card.missing.total == 200


def test_a_reasoning_parser_before_a_model_that_does_not_think(strict: RealServer, tmp_path: Path) -> None:
    """No quiet IDK: what ended as reasoning is missing, and the remedy is said once."""
    said: list[str] = []
    result = run(strict, tmp_path, thresholds=[None], max_tokens=48, notify=said.append)
    card = result.scorecards[0]
    assert card.idk == 0
    assert card.n == 0
    assert len([line for line in said if "reasoning parser" in line]) == 1


def test_fewer_alternatives_than_asked_for(strict: RealServer, tmp_path: Path) -> None:
    """--max-logprobs 5 is found at the first refusal."""
    said: list[str] = []
    result = run(strict, tmp_path, n=1, confidence="logprob", notify=said.append)
    assert any("at most 5 alternatives" in line for line in said)
    assert (result.manifest.model or {})["parameters"]["top_logprobs"] == 5
