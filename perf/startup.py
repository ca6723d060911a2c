"""CPU time of `evalkit --help`, beside a bare Python and a bare click command in the same run.

Goal: 0.15 s of CPU.
"""

from __future__ import annotations

import resource
import subprocess
import sys

GOAL = 0.15
RUNS = 7
BARE_CLICK = "import click\n@click.command()\ndef f(): pass\nf(['--help'])"


def cpu_seconds(*command: str) -> float:
    """User and system time of the quickest of some runs."""
    best = float("inf")
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


def main() -> None:
    """Print the three times and the ratio to the goal."""
    python = cpu_seconds(sys.executable, "-c", "pass")
    click = cpu_seconds(sys.executable, "-c", BARE_CLICK)
    ours = cpu_seconds(sys.executable, "-m", "evalkit", "--help")
    print(f"startup     evalkit --help {ours:.3f} s of CPU; bare Python {python:.3f}, bare click {click:.3f}")
    print(f"            {ours / GOAL:.2f} of the goal of {GOAL} s")


if __name__ == "__main__":
    main()
