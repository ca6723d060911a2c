"""The child process that serves local weights: llama.cpp's HTTP server on loopback.

Run as `python -m evalkit.models._llama_child` with one JSON line of settings on stdin; answers with one JSON line
on stdout, {"url": …} or {"error": …}. It runs as long as its stdin is open: when the parent ends, for whatever
reason, the pipe closes and the child exits.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def serve(settings: dict[str, Any]) -> str:
    """Load the weights and start serving.

    Args:
        settings: `path`, `slots` (answers at once), `context` (tokens per slot), `threads`.

    Returns:
        The server's URL.
    """
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = settings["path"]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_parallel = settings["slots"]
    params.n_ctx = settings["slots"] * settings["context"]
    params.cpuparams.n_threads = settings["threads"]
    params.cpuparams_batch.n_threads = settings["threads"]
    params.verbosity = -1
    params.ui = False
    server = xllamacpp.Server(params)
    _KEPT.append(server)
    return str(server.listening_address)


def main() -> None:
    """Serve until stdin closes."""
    try:
        answer = {"url": serve(json.loads(sys.stdin.readline()))}
    except Exception as error:  # noqa: BLE001 - the parent reports it in one line
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
    sys.stdin.read()
    # llama.cpp's threads never end by themselves, and there is nothing to clean up.
    os._exit(0)


_KEPT: list[Any] = []

if __name__ == "__main__":
    main()
