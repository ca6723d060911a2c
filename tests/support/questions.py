"""A run in which everything happens: right, wrong, IDK and unreadable answers, refusals, failures, cuts, no verdict."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web
from loopback import ChatServer, completion_body, error_response, question_of

import evalkit

TASKS = '''
from evalkit import Grade, Sample, Task, grader, non_answer, task


@grader
def strict(sample, completion):
    """Decide what is plainly right or wrong."""
    if "maybe" in completion.text:
        return Grade.cannot_decide("it does not say which")
    if kind := non_answer(completion.text, question=sample.input):
        return Grade.idk(kind)
    if "zz" in completion.text:
        return Grade.unparsed("no number")
    return Grade.of(completion.text.strip() in sample.target, answer=completion.text)


def samples(n, verb, right):
    for k in range(n):
        metadata = {"stratum": ("low", "middle", "high")[k % 3], **({"answerable": False} if k % 10 == 9 else {})}
        yield Sample(id=f"{verb}-{k}", input=f"What is {k} {verb} 2?", target=str(right(k)), metadata=metadata)


@task
def sums(n: int = 40):
    """Sums, of which every tenth has no answer."""
    return Task(samples=list(samples(n, "plus", lambda k: k + 2)), grader=strict)


@task
def products(n: int = 30):
    """Products."""
    return Task(samples=list(samples(n, "times", lambda k: k * 2)), grader=strict)
'''
"""Two tasks with strata and unanswerable questions, whose grader leaves some answers undecided."""

WAYS = {
    "fails": 6, "cut": 7, "undecided": 5, "refuses": 5, "unreadable": 5, "empty": 3, "abstains": 9, "wrong": 25,
    "right": 35,
}  # fmt: skip
"""Way to answer → percent of the answers."""


def cut_short(text: str = "") -> web.Response:
    """An answer that the token limit ended."""
    body = completion_body(text)
    body["choices"][0]["finish_reason"] = "length"
    return web.json_response(body)


def everything(seed: str = "") -> Callable[[dict[str, Any]], Any]:
    """Answers in every way; the same question is answered otherwise when it is asked again.

    Args:
        seed: another one is another model.
    """
    asked: Counter[str] = Counter()
    ways = list(itertools.chain.from_iterable([way] * share for way, share in WAYS.items()))

    def answer(body: dict[str, Any]) -> Any:
        question = question_of(body)
        asked[question] += 1
        number = int(hashlib.md5(f"{seed} {question} {asked[question]}".encode()).hexdigest(), 16)
        k, verb = question.split("What is ")[1].split(" 2?")[0].split(" ")
        right = int(k) + 2 if verb == "plus" else int(k) * 2
        way = ways[number % len(ways)]
        said: dict[str, Any] = {
            "fails": lambda: error_response(400, "not that one"),
            "cut": cut_short,
            "undecided": lambda: "maybe 3",
            "refuses": lambda: "I can't help with that.",
            "unreadable": lambda: "zz",
            "empty": lambda: "",
            "abstains": lambda: "I don't know",
            "wrong": lambda: "-5",
            "right": lambda: str(right),
        }
        return said[way]()

    return answer


def task_file(folder: Path) -> Path:
    """Write the two tasks to a file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "own.py"
    path.write_text(TASKS, encoding="utf-8")
    return path


def run_everything(server: ChatServer, out: Path, seed: str = "", **settings: Any) -> evalkit.RunResult:
    """Both tasks under three targets, two epochs each, with all that can happen.

    Args:
        server: answers.
        out: where the run's folder is made.
        seed: of the answers.
        settings: of the run, beside or instead of those.
    """
    server.answer = everything(seed)
    path = task_file(out.parent / "tasks")
    chosen: dict[str, Any] = {
        "model": "m", "tasks": [f"{path}::sums", f"{path}::products"], "thresholds": [None, 0.5, 0.75], "epochs": 2,
        "max_tokens": 100, "temperature": 0.0,
    }  # fmt: skip
    return evalkit.run(base_url=server.url, out=out, **chosen | settings)
