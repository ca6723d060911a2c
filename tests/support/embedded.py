"""The embedded model's server, for programs of others that ask it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from evalkit.models import ModelOptions, open_model


@contextmanager
def serving_embedded() -> Iterator[str]:
    """Serve the embedded model from a thread of its own, one answer at a time.

    Yields:
        The server's base URL.
    """
    ready, stop = threading.Event(), threading.Event()
    urls: list[str] = []

    async def serve() -> None:
        try:
            async with open_model("local", ModelOptions(max_connections=1)) as model:
                urls.append(str(model.info["base_url"]))
                ready.set()
                await asyncio.to_thread(stop.wait)
        finally:
            ready.set()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    ready.wait()
    try:
        assert urls, "the embedded model's server did not start"
        yield urls[0]
    finally:
        stop.set()
        thread.join()
