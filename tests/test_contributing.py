"""The recipes of CONTRIBUTING.md work as they stand: their files are written and their commands run."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from loopback import ChatServer

import evalkit
from evalkit.records import Outcome, Record

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FILE = re.compile(r"`(?P<path>[\w./-]+\.\w+)`[^`\n]*:\n\n```\w+\n(?P<body>.*?)```", re.DOTALL)
COMMANDS = re.compile(r"```sh\n(.*?)```", re.DOTALL)


class Recipe(NamedTuple):
    """One section."""

    files: dict[str, str]
    """Path → text, for blocks that a line with their path in backticks introduces."""
    commands: list[str]


def recipe(title: str) -> Recipe:
    """The files and commands below a heading."""
    section = TEXT.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    files = {match["path"]: match["body"] for match in FILE.finditer(section)}
    return Recipe(files, [line for block in COMMANDS.findall(section) for line in block.splitlines()])


def write(files: Mapping[str, str], folder: Path) -> None:
    """Write the files of a recipe below a folder."""
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body, encoding="utf-8")


def run(command: str, folder: Path, **environment: str) -> str:
    """Run a command line of a recipe as it stands; what it printed."""
    program, *arguments = shlex.split(command)
    known = {"evalkit": [sys.executable, "-m", "evalkit"], "python": [sys.executable]}
    done = subprocess.run(
        [*known[program], *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def records(folder: Path) -> list[Record]:
    """The records of the only run below a folder."""
    (journal,) = (folder / "results").glob("*/records.jsonl")
    return [Record.model_validate_json(line) for line in journal.read_text(encoding="utf-8").splitlines()]


def test_every_recipe_is_tested() -> None:
    """A heading that begins with "Add" is a recipe; each has files and a command, and a test below."""
    titles = re.findall(r"^## (Add .+)$", TEXT, re.MULTILINE)
    tests = Path(__file__).read_text(encoding="utf-8")
    assert len(titles) == 7
    for title in titles:
        assert recipe(title).files, title
        assert recipe(title).commands, title
        assert f'recipe("{title}")' in tests, title


def test_the_table_names_every_package_and_nothing_else() -> None:
    """Each folder of the engine has its line, and each line its folder."""
    rows = "\n".join(line.split(" | ")[0] for line in TEXT.splitlines() if line.startswith("| `"))
    named = set(re.findall(r"`((?:\w+/)+)`", rows))
    packages = {f"evalkit/{path.parent.name}/" for path in (ROOT / "evalkit").glob("*/__init__.py")}
    assert {name for name in named if name.startswith("evalkit/")} == packages
    assert all((ROOT / name).is_dir() for name in named)


def test_the_groups_of_plug_ins_are_those_that_evalkit_uses() -> None:
    """Named in the text, as evalkit's own pyproject.toml has them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(re.findall(r"`(evalkit\.(?:tasks|graders|readers|providers|metrics))`", TEXT)) == {
        group for group in project["entry-points"] if group.startswith("evalkit.")
    }


def test_the_recipe_for_a_task(tmp_path: Path) -> None:
    """The task's parameter limits its samples; its grader is a registered one."""
    files, (command,) = recipe("Add a task")
    write(files, tmp_path)
    run(command, tmp_path)
    assert [(record.sample_id, record.target) for record in records(tmp_path)] == [
        ("France", ["Paris"]),
        ("Italy", ["Rome"]),
    ]


def test_the_recipe_for_a_published_benchmark(tmp_path: Path) -> None:
    """Local files stand in for the hub; letters become the options they name."""
    files, (command,) = recipe("Add a published benchmark")
    write(files, tmp_path)
    run(command, tmp_path)
    asked = {record.sample_id: record for record in records(tmp_path)}
    assert {name: record.target for name, record in asked.items()} == {"o1": ["Pacific"], "o2": ["Sargasso Sea"]}
    assert {record.grade.outcome for record in asked.values()} <= {Outcome.CORRECT, Outcome.ERROR}
    assert asked["o1"].choices == ["Arctic", "Pacific", "Indian"]


@pytest.mark.slow
def test_the_recipe_for_a_grader(tmp_path: Path) -> None:
    """Its parameter is set with -G; an abstention is IDK, a word inside a sentence is found."""
    files, (command,) = recipe("Add a grader")
    write(files, tmp_path)
    run(command, tmp_path)
    (record,) = records(tmp_path)
    assert (record.grade.outcome, record.grade.non_answer) == (Outcome.IDK, "abstained")
    grade = evalkit.plugins.find("graders", str(tmp_path / "capital.py"))
    sample = evalkit.Sample(id="a", input="Which river flows through Paris?", target="Seine")
    outcomes = {
        (text, whole): grade(sample, evalkit.Completion(text=text), whole=whole).outcome
        for text in ("The Seine.", "Seine.", "The Rhine.")
        for whole in (True, False)
    }
    assert outcomes == {
        ("The Seine.", True): Outcome.ERROR,
        ("The Seine.", False): Outcome.CORRECT,
        ("Seine.", True): Outcome.CORRECT,
        ("Seine.", False): Outcome.CORRECT,
        ("The Rhine.", True): Outcome.ERROR,
        ("The Rhine.", False): Outcome.ERROR,
    }


@pytest.mark.slow
def test_the_recipe_for_a_reader(tmp_path: Path) -> None:
    """Verdicts are the file's; what it calls wrong is sorted into errors and IDK."""
    files, (command,) = recipe("Add a reader")
    write(files, tmp_path)
    run(command, tmp_path)
    read = {record.sample_id: record for record in records(tmp_path)}
    assert {name: record.grade.outcome for name, record in read.items()} == {
        "q1": Outcome.CORRECT,
        "q2": Outcome.IDK,
        "q3": Outcome.ERROR,
        "q4": Outcome.IDK,
    }
    assert read["q3"].target == ["Tokyo"]
    assert [read[name].grade.confidence for name in ("q1", "q4")] == [0.9, None]


@pytest.mark.slow
def test_the_recipe_for_a_provider(tmp_path: Path, server: ChatServer) -> None:
    """A row sends its key and the model's name; a class answers by itself. The row's address is another here."""
    server.answer = lambda _: "3"
    files, (row, own) = recipe("Add a provider")
    write(files, tmp_path)
    run(f"{row} --base-url {server.url} --out lab/results", tmp_path, LAB_API_KEY="sesame")
    assert server.requests[0]["model"] == "large-2"
    assert server.headers[0]["Authorization"] == "Bearer sesame"
    assert [record.model for record in records(tmp_path / "lab")] == ["lab.py::LAB/large-2"]
    run(f"{own} --out own/results", tmp_path)
    (record,) = records(tmp_path / "own")
    assert record.model == "parrot.py::PARROTS/grey"
    assert record.completion.text == record.messages[-1].content


def test_the_recipe_for_a_metric(tmp_path: Path) -> None:
    """One of counts, one of items; the scorecard holds both."""
    files, (command,) = recipe("Add a metric")
    write(files, tmp_path)
    run(command, tmp_path)
    (manifest,) = (tmp_path / "results").glob("*/run.json")
    (card,) = json.loads(manifest.read_text(encoding="utf-8"))["scorecards"]
    values = {name.rpartition("::")[2]: value for name, value in card["metrics"].items()}
    assert (values["caution"], values["always_right"]) == (1.0, 0.0)
    assert evalkit.plugins.describe("metrics", f"{tmp_path / 'own_metrics.py'}::caution").endswith("in [0, 1].")


@pytest.mark.slow
def test_the_recipe_for_a_language(tmp_path: Path) -> None:
    """In a copy of evalkit that has the language, its sentences are read as they should be; without, they are not."""
    files, (command,) = recipe("Add a language to the abstention tables")
    assert command == "python -m pytest tests/abstention"
    shutil.copytree(ROOT / "evalkit", tmp_path / "evalkit", ignore=shutil.ignore_patterns("__pycache__"))
    table = "evalkit/abstention/tables/eo.toml"
    words = files.pop("evalkit/abstention/tables/words.toml")
    write(files, tmp_path)
    common = tmp_path / "evalkit" / "abstention" / "tables" / "words.toml"
    source = common.read_text(encoding="utf-8")
    assert source.count("[words]\n") == 1
    common.write_text(source.replace("[words]\n", f"[words]\n{words}"), encoding="utf-8")
    sentences = tomllib.loads(files["tests/abstention/phrases/eo.toml"])
    assert table in files
    verdicts = {kind: [evalkit.non_answer(text) for text in sentences[kind]] for kind in ("abstentions", "answers")}
    assert verdicts["abstentions"] == [None] * 3
    code = (
        "import json, sys, evalkit; sentences = json.load(sys.stdin);"
        "print(json.dumps({kind: [evalkit.non_answer(text) for text in texts] for kind, texts in sentences.items()}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(sentences),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == {"abstentions": ["abstained"] * 3, "answers": [None] * 3}
