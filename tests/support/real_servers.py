"""Finds and starts the servers of others that evalkit is held against."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from evalkit.models.weights import EMBEDDED, cache_folder, find_weights

HERE = Path(__file__).resolve().parent.parent / "servers"
MODEL = "smol"
"""Name of the embedded model on every server."""
KEY = "sk-for-the-loopback-proxy-1234"
"""Key of the proxy."""
CONTEXT = 1024
"""Tokens of context that vLLM and llama.cpp are started with."""
SLEEPING = {"GOMP_SPINCOUNT": "2000", "KMP_BLOCKTIME": "0", "OMP_WAIT_POLICY": "PASSIVE"}
"""Threads that wait for each other sleep: on a busy machine, spinning makes an answer take ten times as long."""


@dataclass(frozen=True)
class RealServer:
    """A server that runs."""

    root: str
    """Address without /v1."""
    process: subprocess.Popen[bytes]
    model: str = MODEL

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"{self.root}/v1"


def folder() -> Path:
    """The folder of the servers' virtual environments: $EVALKIT_SERVERS, else in evalkit's cache."""
    if chosen := os.environ.get("EVALKIT_SERVERS"):
        return Path(chosen)
    return cache_folder() / "servers"


def is_installed(name: str) -> bool:
    """Whether a server has been installed completely."""
    return (folder() / name / "installed").exists()


def mark_installed(name: str) -> None:
    """Note that a server has been installed completely."""
    (folder() / name / "installed").touch()


def program(name: str) -> Path:
    """A server's program, or a skip that says how to install it."""
    if not is_installed(name):
        pytest.skip(f"{name} is not installed in {folder()}: make servers")
    return folder() / name / "bin" / name


def unpacked_weights(name: str) -> Path:
    """The embedded model as a folder for transformers and vLLM, unpacked once by the python of either."""
    target = folder() / "smollm2-135m"
    if not (target / "tokenizer_config.json").exists():
        gguf = find_weights(next(iter(EMBEDDED)), lambda _: None)
        python = program(name).with_name("python")
        subprocess.run([python, HERE / "weights.py", gguf, target], check=True)
    return target


@contextmanager
def vllm(logs: Path, *options: str) -> Iterator[RealServer]:
    """Start vLLM on the processor, with the embedded model."""
    port, command = free_port(), program("vllm")
    environment = {
        "DO_NOT_TRACK": "1",
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": str(os.cpu_count()),
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_TARGET_DEVICE": "cpu",
    }
    model: list[str | Path] = [
        "serve",
        unpacked_weights("vllm"),
        "--served-model-name",
        MODEL,
        "--dtype",
        "bfloat16",
        "--enforce-eager",
    ]
    size = ["--max-model-len", str(CONTEXT), "--max-num-seqs", "16"]
    where = ["--host", "127.0.0.1", "--port", str(port)]
    with started([command, *model, *size, *where, *options], port, "/health", logs / "vllm.log", environment) as server:
        yield server


@contextmanager
def transformers(logs: Path) -> Iterator[RealServer]:
    """Start the server of transformers, with the embedded model."""
    port, command = free_port(), program("transformers")
    weights = unpacked_weights("transformers")
    where = ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    environment = {"HF_HUB_OFFLINE": "1"}
    log = logs / "transformers.log"
    with started([command, "serve", weights, *where], port, "/health", log, environment) as server:
        yield RealServer(server.root, server.process, str(weights))


@contextmanager
def litellm(logs: Path, models: Mapping[str, Mapping[str, str]]) -> Iterator[RealServer]:
    """Start LiteLLM's proxy.

    Args:
        logs: folder for its configuration and log.
        models: name → `litellm_params`.
    """
    port, command = free_port(), program("litellm")
    settings = {
        "model_list": [{"model_name": name, "litellm_params": {"api_key": "none", **p}} for name, p in models.items()],
        "litellm_settings": {"num_retries": 0},
        "general_settings": {"master_key": KEY},
    }
    config = logs / "litellm.yaml"
    config.write_text(json.dumps(settings), encoding="utf-8")  # JSON is YAML
    where = ["--host", "127.0.0.1", "--port", str(port), "--telemetry", "False"]
    environment = {"PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}"}
    log = logs / "litellm.log"
    with started([command, "--config", config, *where], port, "/health/liveliness", log, environment) as server:
        yield server


@contextmanager
def llmock(logs: Path, *options: str) -> Iterator[RealServer]:
    """Start LLMock, which breaks on demand and judges its client."""
    port, command = free_port(), program("llmock")
    with started([command, "serve", "--port", str(port), *options], port, "/health", logs / "llmock.log") as server:
        yield server


@contextmanager
def llama_cpp(logs: Path, port: int, *, slots: int = 1, context: int = CONTEXT) -> Iterator[RealServer]:
    """Start llama.cpp's server by itself, at an address that stays when it is started again."""
    pytest.importorskip("xllamacpp", reason="the local extra is not installed")
    weights = find_weights(next(iter(EMBEDDED)), lambda _: None)
    command = [sys.executable, HERE / "llama_cpp_server.py", weights, port, slots, context]
    with started(list(map(str, command)), port, "/health", logs / "llama_cpp.log") as server:
        yield server


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def started(
    command: Sequence[str | Path], port: int, health: str, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[RealServer]:
    """Start a server, wait until it is healthy, and end it and its children afterwards."""
    root = f"http://127.0.0.1:{port}"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=file, stdin=subprocess.DEVNULL,
            env={**os.environ, **SLEEPING, **(environment or {})},
            start_new_session=True,
        )  # fmt: skip
    try:
        while not _is_healthy(root + health):
            if process.poll() is not None:
                last = log.read_text(encoding="utf-8", errors="replace").split("\n")[-15:]
                pytest.fail(f"{command[0]} ended while it started: " + "\n".join(last))
            time.sleep(0.2)
        yield RealServer(root, process)
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server and the processes that it has started."""
    for number in (15, 9):
        if process.poll() is not None:
            break
        os.killpg(process.pid, number)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            continue


def _is_healthy(url: str) -> bool:
    try:
        with urlopen(url) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
