"""The code blocks of the documents, and a folder in which their commands have what they name."""

from __future__ import annotations

import csv
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from loopback import ChatServer
from pyarrow import parquet

import evalkit

ROOT = Path(__file__).resolve().parent.parent.parent
GENERATED = {"cli.md", "changelog.md"}
PAGES = [ROOT / "README.md", *sorted(page for page in (ROOT / "docs").glob("*.md") if page.name not in GENERATED)]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_PROMPT = re.compile(r"(?:\$ )?evalkit (?P<rest>.+)")
_COMMENT = re.compile(r"\s+#.*| {2,}(?=[a-z]).*")
"""What stands behind a command: a comment, or, in a table without number signs, two blanks and words."""
_JUDGE = re.compile(r"^judge=.*")
ANSWER = "4242"
"""What the loopback server answers to everything."""


class Block(NamedTuple):
    """A fenced block of a page."""

    page: str
    language: str
    body: str


class Command(NamedTuple):
    """A command line of evalkit as a page shows it."""

    page: str
    words: list[str]


def blocks() -> Iterator[Block]:
    """Every fenced block of README.md and of docs/."""
    for page in PAGES:
        for match in _BLOCK.finditer(page.read_text(encoding="utf-8")):
            yield Block(page.name, match[1], match[2])


def commands() -> list[Command]:
    """Every `evalkit …` that stands in a block, without comments."""
    found: list[Command] = []
    for block in blocks():
        if block.language in ("", "sh", "console"):
            lines = map(_PROMPT.fullmatch, map(str.strip, block.body.replace("\\\n", " ").splitlines()))
            typed = (shlex.split(_COMMENT.sub("", match["rest"])) for match in lines if match)
            found += [Command(block.page, words) for words in typed]
    return found


def furnish(folder: Path, server: ChatServer) -> dict[str, str]:
    """Put what the documents name into a folder.

    Returns:
        Word of a command → what to say instead: names of runs, addresses and models that exist.
    """
    server.answer = _answer
    settings: dict[str, Any] = {"tasks": ["letters"], "thresholds": [None, 0.75], "limit": 4, "out": folder / "results"}
    first = evalkit.run(model="m", base_url=server.url, **settings)
    second = evalkit.run(model="baseline/guess", **settings)
    (folder / "logs").mkdir()
    rows = [{"qid": str(k), "pred": str(k), "gold": "1", "q": str(k), "colA": "1", "colB": str(k)} for k in range(3)]
    for name in ("answers.csv", "wide.csv"):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    nested = [
        {"qid": str(k), "out": [{"text": "1"}], "gold": "1", "ok": k != 1, "p": 0.9, "m": "m", "t": 0.5}
        for k in range(3)
    ]
    parquet.write_table(pa.Table.from_pylist(nested), folder / "answers.parquet")
    sample = _first_sample(first)
    (folder / "corrections.csv").write_text(
        f"id,epoch,outcome,author,date,note\n{sample},1,correct,Ada,2026-11-20,\n", encoding="utf-8"
    )
    for name, mark in (
        ("capitals.py", "def capitals()"),
        ("capitals.csv", "id,question"),
        ("quiz.py", '@reader("quiz"'),
    ):
        (folder / name).write_text(next(block.body for block in blocks() if mark in block.body), encoding="utf-8")
    options = {letter: f"option {letter}" for letter in "ABCD"}
    (folder / "quiz.jsonl").write_text(
        "".join(
            json.dumps({"q": {"text": f"Which? {k}"}, "gold": "B", "id": f"{k}", **options}) + "\n" for k in range(4)
        ),
        encoding="utf-8",
    )
    return {
        "RUN": first.folder.name, "A": first.folder.name, "B": second.folder.name,
        "http://localhost:8000/v1": server.url, "http://localhost:8001/v1": server.url, "http://…": server.url,
        "DEEPSEEK-D": sample,
    }  # fmt: skip


def _answer(body: dict[str, Any]) -> str:
    """Judge where a verdict is asked for, abstain where a mistake costs something, and guess otherwise."""
    if verdict := re.search(r"^VERDICT \w+: \w+", str(body["messages"][-1]["content"]), re.MULTILINE):
        return verdict[0]
    return "I don't know." if "penalized" in str(body) else ANSWER


def concrete(words: list[str], names: dict[str, str], server: ChatServer) -> list[str]:
    """Say the same of runs and models that exist: every model is the one that the loopback server plays."""
    said = [
        names.get(word, _JUDGE.sub("judge=m", word.replace("http://localhost:8001/v1", server.url))) for word in words
    ]
    if words[0] == "run" and "--limit" not in words:
        said += ["--limit", "3"]
    if words[0] in ("run", "probe"):
        said = _without(_without(said, "--model"), "--base-url")
        said = ["m" if word == "my-model" else word for word in said]
        said += ["--base-url", server.url, *(["--model", "m"] if words[0] == "run" else [])]
    if any(word == "judge=m" for word in said) and not any(word.startswith("judge.base_url") for word in said):
        said += ["-G", f"judge.base_url={server.url}"]
    return said


def _without(words: list[str], option: str) -> list[str]:
    if option not in words:
        return words
    at = words.index(option)
    return words[:at] + words[at + 2 :]


def _first_sample(run: evalkit.RunResult) -> str:
    line = (run.folder / "records.jsonl").read_text(encoding="utf-8").splitlines()[0]
    return str(json.loads(line)["sample_id"])
