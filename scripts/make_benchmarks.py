"""Write docs/benchmarks/: a page for each task, from its module; a test compares them with what this makes."""

from __future__ import annotations

import textwrap
from pathlib import Path

from evalkit import plugins
from evalkit.report.task_card import TaskCard, describe_task

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "benchmarks"
NOTE = "<!-- Made by `make docs` from the task's module; do not edit. -->"
INTRODUCTION = """# Benchmarks

A page for each task: what it measures, where its questions come from and under which licence, how its publisher asks
and how evalkit does, what grades an answer, and what the original rules pay for "I don't know". `evalkit list tasks
NAME` prints the same.

A plain run asks as the publisher does; `-T style=plain` asks the bare question. Questions of published benchmarks come
from the Hugging Face Hub, or from files in the publisher's layout (`--data`).

| task | what it asks | what IDK earns by its own rules |
|---|---|---|
"""


def pages() -> dict[str, str]:
    """Return file name → Markdown, for all tasks and the list of them."""
    cards = [describe_task(name, None) for name in plugins.names("tasks")]
    rows = [f"| [{card.name}]({card.name}.md) | {_cell(card.about)} | {_cell(_idk(card))} |" for card in cards]
    index = INTRODUCTION + "\n".join(rows) + "\n"
    return {"index.md": index} | {f"{card.name}.md": _page(card) for card in cards}


def _page(card: TaskCard) -> str:
    options = [f"| `-T {name}=` | {_kind(kind)} | {_cell(default)} |" for name, kind, default in card.options]
    table = ["| option | values | default |", "|---|---|---|", *options, ""] if options else []
    facts = [f"- **{label}:** {_line(text)}" for label, text in (card.said | card.more).items()]
    prompt = (
        [f"## A prompt\n\nFrom {card.example_of}.\n\n~~~text\n{textwrap.dedent(card.example).strip()}\n~~~\n"]
        if card.example
        else []
    )
    run = f"## Run it\n\n```\nevalkit run --task {card.name} --threshold none,0.75 --limit 100\n```\n"
    return "\n".join([NOTE, f"\n# {card.name}\n", f"{card.about}\n", *facts, "\n## Options\n", *table, *prompt, run])


def _idk(card: TaskCard) -> str:
    return card.said.get("IDK originally pays", "")


def _kind(kind: str) -> str:
    return ", ".join(f"`{_cell(part)}`" for part in kind.split("|")) if "|" in kind else _cell(kind)


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")


def _line(text: str) -> str:
    return " ".join(text.split()).replace("<", "&lt;")


def main() -> None:
    """Write all pages, and remove those of tasks that are gone."""
    FOLDER.mkdir(exist_ok=True)
    made = pages()
    for path in FOLDER.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
