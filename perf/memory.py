"""Peak memory of a run over 10,000 samples and over 200,000 from a generator. Goal: at most 50 MB apart."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from static import static_server

GOAL = 50
SIZES = (10_000, 200_000)
TASK = """
from evalkit import Sample, Task, task

@task
def many(n: int = 1) -> Task:
    samples = (Sample(id=str(k), input=f"How many Ds are in DEEPSEEK? ({k})", target="1") for k in range(n))
    return Task(samples=samples, grader="count")
"""
RUN = """
import resource, sys, evalkit
url, task, n, out = sys.argv[1:]
result = evalkit.run(model="m", base_url=url, tasks=[task], task_parameters={"n": n}, max_connections=100, out=out)
assert result.scorecards[0].n == int(n)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def peak(url: str, samples: int) -> float:
    """Megabytes at the most."""
    with tempfile.TemporaryDirectory() as out:
        task = Path(out) / "many.py"
        task.write_text(TASK, encoding="utf-8")
        command = [sys.executable, "-c", RUN, url, f"{task}::many", str(samples), out]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Print both peaks and their distance."""
    with static_server("3") as url:
        few, many = (peak(url, samples) for samples in SIZES)
    print(f"memory      peak {few:.0f} MB at {SIZES[0]:,} samples, {many:.0f} MB at {SIZES[1]:,}")
    print(f"            {many - few:.0f} MB apart, {(many - few) / GOAL:.2f} of the goal of {GOAL} MB")


if __name__ == "__main__":
    main()
