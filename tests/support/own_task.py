"""A task module of a user's own, written for a test."""

from __future__ import annotations

from pathlib import Path


def own_task(folder: Path, samples: str, more: str = "grader='exact'") -> str:
    """Write `t.py` with one task; its path, as given on a command line.

    Args:
        folder: where to.
        samples: Python for its list of samples.
        more: Python for the task's other arguments.
    """
    path = folder / "t.py"
    path.write_text(
        "from evalkit import Sample, Task, task\n\n\n@task\ndef t() -> Task:\n"
        f"    return Task(samples={samples}, {more})\n",
        encoding="utf-8",
    )
    return str(path)
