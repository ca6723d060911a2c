"""Every example runs as its README says, and those of the recipes are the recipes."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
COMMANDS = re.findall(r"\| `(evalkit [^`]+)` \|$", (EXAMPLES / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
RECIPES = re.findall(
    r"`(?P<path>[\w./-]+\.\w+)`[^`\n]*:\n\n```\w+\n(?P<body>.*?)```",
    (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
    re.DOTALL,
)


def run(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder."""
    return subprocess.run(
        words,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize(
    "command", [command for command in COMMANDS if "lab.py" not in command or "quizlab" in command]
)
def test_each_example_runs(command: str, tmp_path: Path) -> None:
    """From a copy of the folder, so that results do not stay there; `lab.py` names a server that does not exist."""
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    done = run(tmp_path / "examples", sys.executable, "-m", "evalkit", *shlex.split(command)[1:])
    assert done.returncode == 0, done.stderr


def test_every_file_is_named_in_the_readme() -> None:
    """An example that nobody finds is no example."""
    said = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in EXAMPLES.iterdir() if path.name not in said and path.name != "README.md"] == []


def test_examples_of_the_recipes_are_the_recipes() -> None:
    """One text in two places would drift apart."""
    recipes = dict(RECIPES)
    shared = [path for path in EXAMPLES.rglob("*") if str(path.relative_to(EXAMPLES)) in recipes]
    assert {path.name for path in shared} >= {"capitals.py", "capital.py", "quizlab.py", "parrot.py", "own_metrics.py"}
    for path in shared:
        assert path.read_text(encoding="utf-8") == recipes[str(path.relative_to(EXAMPLES))]


@pytest.mark.network
@pytest.mark.slow
def test_the_package_is_found_once_it_is_installed(tmp_path: Path) -> None:
    """By name, without a path; its own test passes."""
    package, site = tmp_path / "plugin", tmp_path / "site"
    shutil.copytree(EXAMPLES / "plugin", package)
    built = run(tmp_path, sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(package))
    assert built.returncode == 0, built.stderr
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site)]
    assert run(tmp_path, *pip, *map(str, tmp_path.glob("*.whl"))).returncode == 0
    listed = run(tmp_path, sys.executable, "-m", "evalkit", "list", "tasks", PYTHONPATH=str(site))
    assert "my_capitals" in listed.stdout
    tested = run(package, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", PYTHONPATH=str(site))
    assert tested.returncode == 0, tested.stdout
