"""Mathematics: compares the boxed, else the stated or last expression of an answer with the accepted one.

1/2, 0.5, ½ and \\frac{1}{2} are equal (math-verify, which uses sympy); so are "x \\le 2" and "(-\\infty, 2]". The last
box counts, boxes joined only by "and" count together, and a correction replaces the answer before it. Comparisons run
in a separate process with time and memory limits; what it cannot decide is undecided.
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
from typing import Any, NamedTuple

from evalkit import Completion, Grade, NonAnswer, Sample, final_statement, grader, non_answer, plain, requires, simplify

from ._corrections import after_correction
from ._math_text import (
    as_intervals,
    end_of_derivation,
    in_bases,
    is_inequality,
    is_interval,
    last_boxes,
    readable,
    without_member,
)

SECONDS = 10.0
"""Time limit of one comparison."""
LONGEST = 1000
"""Longest boxed answer, in characters."""
BRIEF = 80
"""Longest text without words, in characters, that is taken for a formula."""
TAIL = 3000
"""How many of the last characters are searched for an answer that is not boxed."""
_DENIAL = re.compile(
    r"^(?:no|nope|nein|non|it'?s|it is|that'?s|make that|it should be|i mean)?\b[\s,:;.]*", re.IGNORECASE
)
_CLAUSE = re.compile(
    r"(?<=[\d}\w)]),?\s+(?:which|that is|i\.e\.|since|because|where|when|approximately|or about|as required)\b"
)
_CONTENT = re.compile(r"[\d\\$]|^[a-zA-Z]$")
_WORD = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{2,}(?![A-Za-z}])")
_BOX = "\\boxed{"
_ANSWER = re.compile(r"\banswer\W{0,4}(?:\s+is\b|:)\s*:?(.+)$", re.IGNORECASE | re.MULTILINE)
_ANSWER_BELOW = re.compile(
    r"\banswer\W{0,4}(?:\s+is\b|:)[\s*:]*\n\s*(\$\$.+?\$\$|\\\[.+?\\\])\s*$", re.IGNORECASE | re.DOTALL
)
_RESTATED = re.compile(
    r"\b(?:it|that|this|answer|result|value|sum|total|area|probability|number)\s*(?:'s|is|=|should be|must be|equals)"
    r"\s*:?\s*((?:(?!\.\s).)+?)[.!]?\s*$",
    re.IGNORECASE,
)


class _Said(NamedTuple):
    """The expression that an answer gives."""

    text: str
    boxed: str | None
    after: str
    """The text after the box."""


@grader
async def math(sample: Sample, completion: Completion) -> Grade:
    """Compare the boxed or last expression with the accepted ones."""
    with requires("math"):
        if find_spec("math_verify") is None:
            raise ImportError
    expression = _read(completion.text, sample.prompt)
    if kind := _abstains(sample, completion.text, expression):
        return Grade.idk(kind, "what the answer gives as its expression makes no claim" if expression.text else "")
    if expression.boxed is not None and len(expression.boxed) > LONGEST:
        return Grade.unparsed(f"the box contains more than {LONGEST:,} characters")
    text = readable(expression.text or completion.text[-TAIL:])
    results = [await asyncio.to_thread(_equal, readable(target), text, expression) for target in sample.target]
    return _grade(sample, expression, text, results)


def _read(text: str, prompt: str) -> _Said:
    """The expression of an answer: its last box, unless corrected later; else the stated one."""
    if box := last_boxes(text):
        start, end, held = box
        if restated := _restated(text[end:]):
            return _Said(_as_formula(restated), None, "")
        sentence = max(text.rfind("\n", 0, start), text.rfind(". ", 0, start)) + 1
        return _Said(held, held, f"{text[sentence:start]}{held}{text[end:]}" if text[end:].strip(" $.\n\\])*") else "")
    final = final_statement(text, question=prompt)
    tail = text[-TAIL:]
    if final.stated and final.text and len(final.text) <= LONGEST:
        stated = _restated(final.text) or final.text
        raw = _stated(tail)  # the same with its LaTeX
        is_raw = (
            raw is not None and '"' not in raw and _letters(raw) in _letters(stated) and _marks(raw) > _marks(stated)
        )
        return _Said(raw if raw and is_raw else _as_formula(stated), None, "")
    if restated := _restated(tail):
        return _Said(_as_formula(restated), None, "")
    return _Said(_stated(tail) or (_as_formula(tail) if _is_formula(tail) else ""), None, "")


def _marks(text: str) -> int:
    return sum(text.count(mark) for mark in "\\_^")


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def _restated(text: str) -> str | None:
    """The expression in a correction, if there is one."""
    corrected = after_correction(f"x. {text}" if text.startswith((".", "$", "\n", " ")) else text)
    if not corrected:
        return None
    if _is_formula(bare := _DENIAL.sub("", corrected)):
        return bare
    match = _RESTATED.search(corrected)
    return match.group(1) if match and re.search(r"\d|\\|\$", match.group(1)) else None


def _is_formula(text: str) -> bool:
    """Whether a short text is an expression, not a sentence."""
    return len(text) <= BRIEF and "\n" not in text and bool(_CONTENT.search(text)) and not _WORD.search(text)


def _abstains(sample: Sample, text: str, said: _Said) -> NonAnswer | None:
    """The kind of non-answer, decided by the answer's expression if it gives one."""
    if final_statement(text, question=sample.prompt).abstains:
        return NonAnswer.ABSTAINED
    for part in (plain(said.text.strip("$ ")), said.after) if said.text else (text,):
        kind = non_answer(part, question=sample.prompt, target=sample.target) if part else None
        if kind and not (kind == "empty" and said.text):
            return NonAnswer(kind)
    return None


def _stated(text: str) -> str | None:
    """The text after a line's last "answer is" or "answer:"."""
    if (below := _ANSWER_BELOW.search(text)) and "answer" not in below.group(1).lower():
        return below.group(1)
    matches = _ANSWER.findall(text)
    statement = matches[-1].lstrip("*} ").rstrip("*. ") if matches else ""
    return _as_formula(statement) if statement and len(statement) <= LONGEST else None


def _as_formula(said: str) -> str:
    """Mark the text as a formula, without a trailing clause, unless part of it is already marked."""
    said = said.strip(" `").removeprefix("}").rstrip(".").strip()
    if any(mark in said for mark in ("$", "\\(", "\\[")):
        return said
    clause = _CLAUSE.search(said)
    return f"${(said[: clause.start()] if clause else said).strip('* ')}$"


def _equal(target: str, text: str, said: _Said) -> dict[str, Any]:
    """Whether two expressions are equal: compare bases, then bounds as intervals, then use math-verify."""
    bare = text.strip().strip("$").strip() if said.text else ""
    same = in_bases(target, bare)
    if same is not None:
        return {"answer": bare, "equal": same}
    accepted, given = target.strip().strip("$").strip(), without_member(bare)
    if is_interval(accepted) and is_inequality(given):
        given = as_intervals(given) or given
    elif is_interval(given) and is_inequality(accepted):
        target = as_intervals(accepted) or target
    if said.boxed is not None:
        result = _compare(target, f"{_BOX}{given}}}")
        derived = None if result["equal"] else end_of_derivation(given)
        return _compare(target, f"{_BOX}{derived}}}") if derived else result
    return _compare(target, f"${given}$" if given != bare else text)


def _grade(sample: Sample, said: _Said, text: str, found: list[dict[str, Any]]) -> Grade:
    answer = said.boxed if said.boxed is not None else next((one["answer"] for one in found if one.get("answer")), None)
    if any(one["equal"] for one in found):
        return Grade.of(correct=True, answer=answer, reason="equal to the accepted expression")
    words = said.boxed if said.boxed is not None else text.strip("$ ")
    unread = [target for target, one in zip(sample.target, found, strict=True) if one["equal"] is None]
    if any(_words(words) == _words(target) for target in unread):
        return Grade.of(correct=True, answer=words, reason="literally the accepted answer")
    if any(one.get("error") == "time" for one in found):
        reason = f"could not be compared in {SECONDS:g} s"
        return Grade.of(correct=False, answer=answer, reason=reason, undecided=True)
    if answer is None:
        return Grade.unparsed("a claim without a readable expression")
    if len(unread) == len(found):
        reason = "the target or the answer cannot be read as mathematics"
        return Grade.of(correct=False, answer=answer, reason=reason, undecided=True)
    return Grade.of(correct=False, answer=answer, reason="another expression")


def _words(text: str) -> str:
    return simplify(text) or "".join(text.split())


class _Child:
    """A comparison process; it handles one comparison at a time."""

    def __init__(self) -> None:
        # -P: do not import a math_verify.py from the working directory.
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "evalkit.graders._math_child"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
        )  # fmt: skip

    def warm_up(self) -> None:
        """Wait until it has imported sympy, however long a busy machine takes for that."""
        self.ask("1", "1", limit=threading.TIMEOUT_MAX)

    def ask(self, target: str, said: str, limit: float = SECONDS) -> dict[str, Any] | None:
        """Its reply, or None if it timed out or died; discard the process then."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        timer = threading.Timer(limit, self.process.kill)
        timer.daemon = True
        timer.start()
        try:
            self.process.stdin.write(json.dumps({"target": target, "said": said}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except OSError:
            return None
        finally:
            timer.cancel()
        reply: dict[str, Any] | None = json.loads(line) if line.endswith("\n") else None
        return reply

    def close(self) -> None:
        """Terminate the process."""
        self.process.kill()
        self.process.communicate()


_idle: list[_Child] = []
_slots = threading.BoundedSemaphore(2)
"""Number of comparison processes; each of them loads sympy."""


def _compare(target: str, said: str) -> dict[str, Any]:
    with _slots:
        try:
            child = _idle.pop()
        except IndexError:
            child = _Child()
            child.warm_up()
        result = child.ask(target, said)
        if result is None:
            child.close()
            return {"answer": None, "equal": None, "error": "time"}
        _idle.append(child)
        return result


@atexit.register
def _close() -> None:
    while _idle:
        _idle.pop().close()
