"""Runs in notebooks: the example runs as stored, and what is shown is text, whatever models and tasks are called."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import evalkit
from evalkit.errors import RunInterruptedError
from evalkit.runs.notebook import Progress
from evalkit.runs.tally import Tally

EXAMPLES = sorted((Path(__file__).resolve().parent.parent / "examples").glob("*.ipynb"))
HOSTILE = "<script>alert(1)</script>"
RUN = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": sys.argv[2]}}).execute()
nbformat.write(notebook, sys.argv[3])
"""


def shown(path: Path) -> list[list[Any]]:
    """What each cell of a notebook shows, without the times of that run."""
    import nbformat

    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    return [[_timeless(dict(output.get("data", output))) for output in cell.outputs] for cell in cells]


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):  # where there is HTML, nobody sees the text
        return {key: _timeless(one) for key, one in value.items() if key != "text/plain" or "text/html" not in value}
    return re.sub(r"in [\d.]+ (?:s|min)\b", "in … s", value) if isinstance(value, str) else value


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_runs_and_shows_what_is_stored(path: Path, tmp_path: Path) -> None:
    """From its first cell to its last, in an empty folder; figures may differ in a pixel."""
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    pytest.importorskip("altair")
    done = tmp_path / path.name
    ended = subprocess.run(
        [sys.executable, "-c", RUN, str(path), str(tmp_path), str(done)], capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stderr.decode()[-2000:]
    for now, stored in zip(shown(done), shown(path), strict=True):
        for one, other in zip(now, stored, strict=True):
            assert one.keys() == other.keys()
            if "<img" not in str(other.get("text/html", "")):
                assert one == other


def test_there_are_examples() -> None:
    """At least one, stored with what it shows."""
    assert EXAMPLES
    pytest.importorskip("nbformat")
    assert all(any(shown(path)) for path in EXAMPLES)


def test_run_inside_a_running_event_loop(tmp_path: Path) -> None:
    """As a notebook has one; the loop's own tasks wait meanwhile, and run_async lets them go on."""

    async def cell() -> tuple[evalkit.RunResult, evalkit.RunResult]:
        first = evalkit.run("letters", model="baseline/idk", limit=2, out=tmp_path)
        return first, await evalkit.run_async("letters", model="baseline/idk", limit=2, out=tmp_path)

    for result in asyncio.run(cell()):
        assert (result.status, result.scorecards[0].n) == ("finished", 2)


def test_errors_reach_the_cell(tmp_path: Path) -> None:
    """As outside of a loop."""

    async def cell() -> None:
        evalkit.run("nosuch", model="baseline/idk", out=tmp_path)

    with pytest.raises(evalkit.EvalkitError, match="nosuch"):
        asyncio.run(cell())


SLOW = """
import asyncio
from contextlib import asynccontextmanager
from evalkit import Completion

class Model:
    name, max_connections, info = "slow/m", 1, {}
    def waiting(self): return ""
    async def complete(self, request):
        await asyncio.sleep(0.05)
        return Completion(text="1", finish_reason="stop")

class Provider:
    about = "slow"
    @asynccontextmanager
    async def open(self, name, options): yield Model()

P = Provider()
"""
INTERRUPTED = """
import asyncio, os, signal, sys, threading, time
import evalkit

def watch(tally):
    def wait():
        while tally.recorded < 3:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)
    threading.Thread(target=wait, daemon=True).start()

async def cell():
    evalkit.run("letters", model=f"{sys.argv[1]}/slow.py::P/m", out=sys.argv[1], watch=watch)

try:  # a kernel's loop leaves the signal alone, as asyncio.run does not
    asyncio.new_event_loop().run_until_complete(cell())
except evalkit.EvalkitError as error:
    print(type(error).__name__, error)
"""


def test_interrupting_a_cell_keeps_the_answers(tmp_path: Path) -> None:
    """The kernel's interrupt stops the run in its thread, which says what is kept."""
    (tmp_path / "slow.py").write_text(SLOW)
    ended = subprocess.run([sys.executable, "-c", INTERRUPTED, str(tmp_path)], capture_output=True, check=False)
    said = ended.stdout.decode()
    assert RunInterruptedError.__name__ in said, ended
    assert "answers are kept" in said


def test_results_and_boards_escape_what_models_say(tmp_path: Path) -> None:
    """Their HTML holds text, no markup of a task, a model or an answer."""
    samples = [evalkit.Sample(id="1", input="?", target="x", metadata={"stratum": HOSTILE})]
    hostile = evalkit.Task(samples=samples, grader="exact", name=HOSTILE)
    result = evalkit.run(hostile, model="baseline/idk", label=HOSTILE, out=tmp_path)
    for shows in (result, evalkit.rank([str(tmp_path)]), evalkit.compare(result.folder, result.folder, [0.5])):
        html = shows._repr_html_()
        assert "<table" in html
        assert "<script" not in html


def test_progress_is_a_bar_that_goes_away() -> None:
    """With the line that a terminal shows; what is said during the run stays, as text."""
    states: list[str] = []
    progress = Progress(states.append)
    progress.notify("loading")
    progress.update()
    tally = Tally(cards={}, total=8)
    progress.watch(tally)
    tally.recorded = 2
    progress.notify(f"the server said {HOSTILE}")
    progress.update()
    progress.end()
    assert "loading" in states[0]
    assert '<progress value="2" max="8">' in states[1]
    assert "2/8" in states[1]
    assert "<progress" not in states[2]
    assert "&lt;script&gt;" in states[2]
    assert "<script" not in "".join(states)


def test_a_figure_is_an_altair_chart_in_a_frame(tmp_path: Path) -> None:
    """What a chart can do, the figure can."""
    altair = pytest.importorskip("altair")
    evalkit.run("letters", model="baseline/guess", limit=4, out=tmp_path)
    figure = evalkit.plot("outcomes", tmp_path)
    assert isinstance(figure.chart, altair.TopLevelMixin)
    assert isinstance(figure.properties(width=100), altair.TopLevelMixin)
    assert "$schema" in figure.to_dict()
    with pytest.raises(AttributeError):
        figure.nosuch  # noqa: B018 - the access is what is tested
