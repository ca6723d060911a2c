"""llama.cpp's server by itself: `python llama_cpp_server.py WEIGHTS PORT SLOTS CONTEXT`, until it is killed."""

from __future__ import annotations

import signal
import sys

import xllamacpp


def main() -> None:
    """Serve until a signal."""
    weights, *numbers = sys.argv[1:]
    port, slots, context = map(int, numbers)
    params = xllamacpp.CommonParams()
    params.model.path = weights
    params.model_alias = {"smol"}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_parallel = slots
    params.n_ctx = slots * context
    params.ui = False
    server = xllamacpp.Server(params)  # kept: it serves as long as it lives
    signal.sigwait([signal.SIGTERM, signal.SIGINT])
    del server


if __name__ == "__main__":
    main()
