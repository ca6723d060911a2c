"""LiteLLM's proxy: the shapes of its own errors, and llama.cpp behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import real_servers
from real_runs import counts, run, texts
from real_servers import MODEL, RealServer, free_port

from evalkit.errors import ModelStoppedError, ModelUnavailableError

MOCKED = {
    "limited": "litellm.RateLimitError",
    "broken": "litellm.InternalServerError",
    "crowded": "litellm.ContextWindowExceededError",
}


@pytest.fixture(scope="module")
def llama_cpp(logs: Path) -> Iterator[RealServer]:
    """llama.cpp's server with one slot."""
    with real_servers.llama_cpp(logs, free_port()) as server:
        yield server


@pytest.fixture(scope="module")
def proxy(logs: Path, llama_cpp: RealServer) -> Iterator[RealServer]:
    """A proxy before llama.cpp, before nothing, and before its own mocks of errors."""
    mocks = {name: {"model": "openai/x", "mock_response": error} for name, error in MOCKED.items()}
    there = {"model": f"openai/{MODEL}", "api_base": llama_cpp.url}
    nobody = {"model": "openai/x", "api_base": "http://127.0.0.1:9/v1"}
    with real_servers.litellm(logs, {MODEL: there, "nobody": nobody, **mocks}) as server:
        yield server


@pytest.mark.usefixtures("_key")
def test_llama_cpp_behind_a_proxy_counts_the_same(proxy: RealServer, llama_cpp: RealServer, tmp_path: Path) -> None:
    """Log-probabilities included; without its cache of prompts, which changes llama.cpp's rounding."""
    settings: dict[str, Any] = {"confidence": "logprob", "model_parameters": {"cache_prompt": "false"}}
    direct, through = (run(server, tmp_path, **settings) for server in (llama_cpp, proxy))
    assert texts(through) == texts(direct)
    assert counts(through) == counts(direct)
    assert sum(card["confidences"] for card in counts(direct)) > 0


@pytest.mark.usefixtures("_key")
@pytest.mark.parametrize(
    ("model", "said"),
    [("limited", "429.*RateLimitError"), ("broken", "500.*InternalServerError"), ("nobody", "500.*Connection error")],
)
def test_a_host_that_never_answers_stops_the_run(proxy: RealServer, tmp_path: Path, model: str, said: str) -> None:
    """After as many failures of one kind as show it, with the host's own words."""
    with pytest.raises(ModelStoppedError, match=said):
        run(proxy, tmp_path, n=12, model=model, thresholds=[None], max_connections=12)


@pytest.mark.usefixtures("_key")
def test_a_full_context_is_each_samples_own_failure(proxy: RealServer, tmp_path: Path) -> None:
    """It never stops a run."""
    result = run(proxy, tmp_path, n=12, model="crowded", thresholds=[None], max_connections=12)
    assert result.scorecards[0].missing.failed == 12


def test_a_wrong_key(proxy: RealServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told with 400 by a proxy without a database; stops at the first answer."""
    monkeypatch.setenv("EVALKIT_API_KEY", "sk-another-key-altogether")
    with pytest.raises(ModelUnavailableError, match="the key is not accepted"):
        run(proxy, tmp_path, model=MODEL)


@pytest.mark.usefixtures("_key")
@pytest.mark.parametrize("path", ["", "/", "/v1/", "/v1/chat/completions"])
def test_forms_of_the_address(proxy: RealServer, tmp_path: Path, path: str) -> None:
    """Root, version or full address: the same API."""
    result = run(proxy, tmp_path, n=1, thresholds=[None], max_tokens=2, base_url=f"{proxy.root}{path}")
    assert result.scorecards[0].missing.failed == 0


@pytest.mark.usefixtures("_key")
@pytest.mark.parametrize("path", ["/v2", "/ui", "/nowhere/v1"])
def test_wrong_addresses_stop_at_the_first_answer(proxy: RealServer, tmp_path: Path, path: str) -> None:
    """404 and 405 alike."""
    with pytest.raises(ModelUnavailableError, match="no such model or address"):
        run(proxy, tmp_path, n=1, base_url=f"{proxy.root}{path}")
