"""The site over a run of 100,000 records: seconds to its first page, milliseconds of a filter, peak memory.

Goals: 1 s after the start (of the process), 300 ms, 300 MB. Beside the filter by text, in the same run, the time that
reading the whole file takes.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import evalkit

RECORDS = 100_000
GOALS = (1.0, 0.3, 300)
TASK = """
from evalkit import Sample, Task, task

@task
def many():
    text = "How many Ds are in DEEPSEEK? "
    samples = [
        Sample(id=str(k), input=text * 10 + str(k), target="1", metadata={"stratum": str(k %% 7)}) for k in range(%d)
    ]
    return Task(samples=samples, grader="count")
"""


def seconds(url: str) -> float:
    """Until a page is there."""
    started = time.perf_counter()
    with urllib.request.urlopen(url) as answer:
        assert answer.read()
    return time.perf_counter() - started


def main() -> None:
    """Print the three figures with their goals."""
    with tempfile.TemporaryDirectory() as folder:
        task = Path(folder) / "many.py"
        task.write_text(TASK % RECORDS, encoding="utf-8")
        run = evalkit.run(model="baseline/idk", tasks=[str(task)], out=folder).folder
        started = time.perf_counter()
        command = [sys.executable, "-m", "evalkit", "view", folder, "--port", "0"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            found = re.match(r"(http://\S+)/", process.stderr.readline())
            assert found is not None
            site = found.group(1)
            seconds(f"{site}/")
            first = time.perf_counter() - started
            records = seconds(f"{site}/records?run={run.name}")
            slowest = max(
                min(seconds(f"{site}/records?run={run.name}&{what}") for _ in range(3))
                for what in ("outcome=idk", "stratum=3", "text=99999", "text=nowhere")
            )
            peak = int(re.findall(r"VmHWM:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())[0]) / 1024
            process.terminate()
        whole = time.perf_counter()
        size = len((run / "records.jsonl").read_bytes())
        whole = time.perf_counter() - whole
    print(f"view        first page {first:.2f} s after the start ({first / GOALS[0]:.2f} of the goal)")
    print(f"            first page of {RECORDS:,} records {records:.2f} s, with the making of its index")
    read = f"{size / 1e6:.0f} MB read in {whole * 1000:.0f} ms"
    print(f"            slowest filter {slowest * 1000:.0f} ms ({slowest / GOALS[1]:.2f}); {read}")
    print(f"            peak memory {peak:.0f} MB ({peak / GOALS[2]:.2f})")


if __name__ == "__main__":
    main()
