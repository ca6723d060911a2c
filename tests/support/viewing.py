"""`evalkit view` as a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def viewing(folder: Path, *options: str) -> Iterator[tuple[str, str]]:
    """`evalkit view` as a process of its own: the address that it prints, and what follows on stderr once it ended."""
    command = [sys.executable, "-m", "evalkit", "view", str(folder), "--port", "0", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            yield process.stderr.readline().split()[0], process.stderr.readline() if "0.0.0.0" in options else ""
        finally:
            process.send_signal(signal.SIGINT)
