"""Is this expression the accepted one? Reads what is boxed, else the last expression, and compares mathematically.

1/2, 0.5 and \\frac{1}{2} are one answer (math-verify, which uses sympy). Comparing runs in a process of its own with a
limit of time and memory; what it cannot decide is an error that is counted apart.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import re
import subprocess
import sys
import threading
from importlib.util import find_spec
from typing import Any

from evalkit import Completion, Grade, Sample, grader, last_boxed, non_answer, plain, requires, simplify

SECONDS = 10.0
"""Longest comparison."""
LONGEST = 1000
"""Characters of a boxed answer."""
TAIL = 3000
"""Characters from the end in which an answer that is not boxed is looked for."""
_BOX = "\\boxed{"
_ANSWER = re.compile(r"\banswer\W{0,4}(?:\s+is\b|:)\s*:?(.+)$", re.IGNORECASE | re.MULTILINE)


@grader
async def math(sample: Sample, completion: Completion) -> Grade:
    """Compare the boxed or last expression with the accepted ones."""
    with requires("math"):
        if find_spec("math_verify") is None:
            raise ImportError
    text = completion.text
    boxed = last_boxed(text)
    final = boxed if boxed is not None else _stated(text)
    if kind := non_answer(plain(final or text), question=sample.input, target=sample.target):
        return Grade.idk(kind, "what it gives as its answer makes no claim" if final else "")
    if boxed is not None and len(boxed) > LONGEST:
        return Grade.unparsed(f"what is boxed has over {LONGEST:,} characters")
    said = f"{_BOX}{boxed}}}" if boxed is not None else final or text[-TAIL:]
    found = [await asyncio.to_thread(_compare, target, said) for target in sample.target]
    return _grade(sample, boxed, said, found)


def _stated(text: str) -> str | None:
    """What follows the last "answer is" or "answer:" of a line, as a formula where it is not marked as one."""
    found = _ANSWER.findall(text[-TAIL:])
    said = found[-1].lstrip("*} ").rstrip("*. ") if found else ""
    if not said or len(said) > LONGEST:
        return None
    return said if any(mark in said for mark in ("$", "\\(", "\\[")) else f"${said.strip('* ')}$"


def _grade(sample: Sample, boxed: str | None, said: str, found: list[dict[str, Any]]) -> Grade:
    answer = boxed if boxed is not None else next((one["answer"] for one in found if one.get("answer")), None)
    if any(one["equal"] for one in found):
        return Grade.of(correct=True, answer=answer, reason="equal to the accepted expression")
    words = boxed if boxed is not None else said.strip("$ ")
    unread = [one["equal"] is None for one in found]
    if any(
        _words(words) == _words(target) for target, is_unread in zip(sample.target, unread, strict=True) if is_unread
    ):
        return Grade.of(correct=True, answer=words, reason="the accepted answer in its own words")
    if any(one.get("error") == "time" for one in found):
        reason = f"could not be compared in {SECONDS:g} s"
        return Grade.of(correct=False, answer=answer, reason=reason, undecided=True)
    if answer is None:
        return Grade.unparsed("a claim, but no expression can be read from it")
    if all(one["equal"] is None for one in found):
        reason = "the accepted answer or this one cannot be read as mathematics"
        return Grade.of(correct=False, answer=answer, reason=reason, undecided=True)
    return Grade.of(correct=False, answer=answer, reason="another expression")


def _words(text: str) -> str:
    return simplify(text) or "".join(text.split())


class _Child:
    """One comparing process; answers one question at a time."""

    def __init__(self) -> None:
        # -P: a math_verify.py in the folder of the day is not what is meant.
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "evalkit.graders._math_child"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
        )  # fmt: skip

    def ask(self, target: str, said: str) -> dict[str, Any] | None:
        """Its answer, or None where it took too long or died; it is of no use then."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        timer = threading.Timer(SECONDS, self.process.kill)
        timer.start()
        try:
            self.process.stdin.write(json.dumps({"target": target, "said": said}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except OSError:
            return None
        finally:
            timer.cancel()
        found: dict[str, Any] | None = json.loads(line) if line.endswith("\n") else None
        return found

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.communicate()


_idle: list[_Child] = []
_slots = threading.BoundedSemaphore(2)
"""How many compare at once: each is a process that holds sympy."""


def _compare(target: str, said: str) -> dict[str, Any]:
    with _slots:
        try:
            child = _idle.pop()
        except IndexError:
            child = _Child()
            child.ask("1", "1")  # the imports are no part of the first comparison's time
        found = child.ask(target, said)
        if found is None:
            child.close()
            return {"answer": None, "equal": None, "error": "time"}
        _idle.append(child)
        return found


@atexit.register
def _close() -> None:
    while _idle:
        _idle.pop().close()
