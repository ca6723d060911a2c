"""A plug-in of pytest: real servers that are started once and asked by several tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import real_servers
from real_servers import KEY, RealServer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of the folder `servers`."""
    for item in items:
        if item.path.parent.name == "servers":
            item.add_marker("servers")
            item.add_marker("slow")


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the servers' logs."""
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="session")
def vllm(logs: Path) -> Iterator[RealServer]:
    """A vLLM with the embedded model."""
    with real_servers.vllm(logs) as server:
        yield server


@pytest.fixture(scope="session")
def vllm_proxy(logs: Path, vllm: RealServer) -> Iterator[RealServer]:
    """LiteLLM in front of vLLM, through its two ways to speak to it."""
    ways = {"smol": "openai/smol", "hosted": "hosted_vllm/smol"}
    with real_servers.litellm(logs, {k: {"model": way, "api_base": vllm.url} for k, way in ways.items()}) as server:
        yield server


@pytest.fixture
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy's key."""
    monkeypatch.setenv("EVALKIT_API_KEY", KEY)
