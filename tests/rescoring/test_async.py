"""Rescoring inside an event loop, as in a notebook; graders on one loop a call."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from foreign import CLAIM, IDK, lines, lm_eval

import evalkit
from evalkit.errors import UsageError

GRADER = """
import asyncio
from evalkit import Grade, grader

LOOPS = set()

@grader
async def patient(sample, completion):
    LOOPS.add(asyncio.get_running_loop())
    await asyncio.sleep(0)
    return Grade.of(True, reason=f"loop {len(LOOPS)}")
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Two answers."""
    path = tmp_path / "samples_bridges.jsonl"
    path.write_bytes(lines(lm_eval(0, CLAIM, 1.0), lm_eval(1, IDK, 0.0)))
    return path


@pytest.fixture
def patient(tmp_path: Path) -> str:
    """A grader that waits, and says on how many loops it was called."""
    path = tmp_path / "patient.py"
    path.write_text(GRADER, encoding="utf-8")
    return str(path)


def test_answers_are_regraded_on_one_loop(log: Path, patient: str, tmp_path: Path) -> None:
    """What a grader keeps open, such as a judge's connections, lives as long as the call."""
    result = evalkit.rescore(log, regrade=patient, out=tmp_path / "out")
    assert set(result.records["reason"]) == {"loop 1"}


def test_a_notebook_awaits_it(log: Path, patient: str, tmp_path: Path) -> None:
    """With and without a grader; the loop does other things meanwhile."""

    async def cell() -> tuple[int, int, int]:
        beats = 0

        async def beat() -> None:
            nonlocal beats
            while True:
                beats += 1
                await asyncio.sleep(0.001)

        pulse = asyncio.create_task(beat())
        plain = await evalkit.rescore_async(log, out=tmp_path / "out")
        graded = await evalkit.rescore_async(log, regrade=patient, out=tmp_path / "out")
        pulse.cancel()
        return plain.scorecards[0].correct, graded.scorecards[0].correct, beats

    correct, regraded, beats = asyncio.run(cell())
    assert (correct, regraded) == (1, 2)
    assert beats > 2


def test_inside_a_loop_only_regrading_needs_to_be_awaited(log: Path, patient: str, tmp_path: Path) -> None:
    """Everything else works as it stands; the error names the function to await."""

    async def cell() -> None:
        assert evalkit.rescore(log, out=tmp_path / "out").scorecards[0].correct == 1
        with pytest.raises(UsageError, match=r"await evalkit.rescore_async"):
            evalkit.rescore(log, regrade=patient, out=tmp_path / "refused")

    asyncio.run(cell())
    assert not list((tmp_path / "refused").glob("*"))


def test_cancelling_deletes_what_was_written(tmp_path: Path) -> None:
    """The reading ends soon after, not with the file."""
    path = tmp_path / "samples_bridges.jsonl"
    path.write_bytes(lines(*(lm_eval(k, CLAIM, 1.0) for k in range(20_000))))

    async def cell() -> None:
        task = asyncio.create_task(evalkit.rescore_async(path, out=tmp_path / "out"))
        while not task.done() and not list((tmp_path / "out").glob("*/.part-0/records.jsonl")):  # noqa: ASYNC110 - a thread writes it
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cell())
    assert not list((tmp_path / "out").glob("*"))
