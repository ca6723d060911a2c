"""What the documents say is so."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from evalkit import Completion, Outcome, Sample
from evalkit.cli import COMMANDS
from evalkit.plugins import find, make_grader, make_task

ROOT = Path(__file__).resolve().parent.parent


def test_the_command_reference_is_what_the_commands_say() -> None:
    """docs/cli.md is generated: run `make docs` after changing an option."""
    spec = importlib.util.spec_from_file_location("make_cli", ROOT / "scripts" / "make_cli.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == module.reference()


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_commands_named_in_prose_exist(name: str) -> None:
    """No `evalkit …` in the documents names a command that is not there."""
    text = (ROOT / name).read_text(encoding="utf-8")
    used = set(re.findall(r"(?:^|`|-m )evalkit ([a-z]+)", text, re.MULTILINE))
    assert used
    assert used <= set(COMMANDS)
    assert not re.search(r"@[A-Z]+@", text)


def recipe(title: str) -> str:
    """The Python block below a heading of CONTRIBUTING.md."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return text.split(f"## {title}", 1)[1].split("```python\n", 1)[1].split("```", 1)[0]


def test_the_recipe_for_a_task_works(tmp_path: Path) -> None:
    """As it stands in CONTRIBUTING.md."""
    path = tmp_path / "capitals.py"
    path.write_text(recipe("Add a task"), encoding="utf-8")
    task = make_task(f"{path}::capitals", {"n": "2"})
    assert [sample.target for sample in task.samples] == [["Paris"], ["Rome"]]
    make_grader(f"{ROOT / 'graders' / 'count.py'}")


def test_the_recipe_for_a_grader_works(tmp_path: Path) -> None:
    """As it stands in CONTRIBUTING.md."""
    path = tmp_path / "capital.py"
    path.write_text(recipe("Add a grader"), encoding="utf-8")
    grader = find("graders", str(path))
    sample = Sample(id="a", input="What is the capital of France?", target="Paris")
    said = {text: grader(sample, Completion(text=text)).outcome for text in ("Paris.", "I don't know", "Rome")}
    assert said == {"Paris.": Outcome.CORRECT, "I don't know": Outcome.IDK, "Rome": Outcome.ERROR}


def test_the_changelog_names_this_version() -> None:
    """Under its own heading or as unreleased."""
    assert re.search(r"^## (Unreleased|0\.1\.0)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
