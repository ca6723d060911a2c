"""What the documents say is so."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest
from click.testing import CliRunner

import evalkit
from evalkit.cli import COMMANDS, cli

ROOT = Path(__file__).resolve().parent.parent


REFERENCE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")


def every_command(name: str = "evalkit", command: click.Command = cli) -> Iterator[tuple[str, click.Command]]:
    """The command tree, asked of click itself: each command with what is typed to call it."""
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=name)
        for child in command.list_commands(context):
            subcommand = command.get_command(context, child)
            assert subcommand is not None
            yield from every_command(f"{name} {child}", subcommand)


def script(name: str) -> ModuleType:
    """A module of scripts/."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_command_reference_is_what_the_commands_say() -> None:
    """docs/cli.md is generated: run `make docs` after changing an option."""
    module = script("make_cli")
    assert module.reference() == REFERENCE
    assert module.TARGET == ROOT / "docs" / "cli.md"


def test_the_page_of_a_runs_files_is_what_the_models_say() -> None:
    """docs/schema.md is generated: run `make docs` after changing a field of a record or of run.json."""
    module = script("make_schema")
    assert module.TARGET.read_text(encoding="utf-8") == module.schema()


def test_the_pages_of_the_benchmarks_are_what_their_modules_say() -> None:
    """docs/benchmarks/ is generated: run `make docs` after changing a task's docstring or options."""
    module = script("make_benchmarks")
    written = {path.name: path.read_text(encoding="utf-8") for path in module.FOLDER.glob("*.md")}
    assert written == module.pages()


def test_every_public_name_is_in_the_python_reference() -> None:
    """A new public name needs a line in docs/api.md; the packages have pages of their own."""
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    listed = re.findall(r"^::: evalkit\.(\w+)$", page, re.MULTILINE)
    assert sorted(listed) == sorted(set(evalkit.__all__) - {"metrics", "theory"})


def test_every_page_of_the_site_is_in_its_menu() -> None:
    """A page that no menu names is found by nobody; what the menu names exists."""
    menu = set(re.findall(r" ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE))
    assert menu == {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")}


@pytest.mark.parametrize(("name", "command"), list(every_command()))
def test_each_command_has_a_section_with_all_its_options(name: str, command: click.Command) -> None:
    """Subcommands too: every option that click knows of `evalkit theory facts` stands below that heading."""
    section = REFERENCE.split(f"## {name}\n", 1)[1].split("\n## ", 1)[0]
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert all(option in section for option in parameter.opts), parameter.opts


def test_the_walk_reaches_subcommands() -> None:
    """`theory` and `experiment` are groups: their subcommands are part of the tree."""
    names = {name for name, _ in every_command()}
    assert {"evalkit run", "evalkit theory iiv", "evalkit experiment open-rubric"} <= names


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/models.md"])
def test_commands_named_in_prose_exist(name: str) -> None:
    """No `evalkit …` in the documents names a command that is not there."""
    text = (ROOT / name).read_text(encoding="utf-8")
    used = set(re.findall(r"(?:^|`|-m )evalkit ([a-z]+)", text, re.MULTILINE))
    assert used
    assert used <= set(COMMANDS)
    assert not re.search(r"@[A-Z]+@", text)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["theory bounds", "theory facts --n 100000"])
def test_figures_of_the_theory_are_what_the_commands_print(command: str) -> None:
    """Each line below `$ evalkit theory …` in docs/theory.md is a line of its output."""
    text = (ROOT / "docs" / "theory.md").read_text(encoding="utf-8")
    lines = text.split(f"$ evalkit {command}\n", 1)[1].split("```", 1)[0].splitlines()
    printed = CliRunner().invoke(cli, command.split(), env={"COLUMNS": ""}).output.splitlines()
    assert len(lines) > 4
    assert [" ".join(line.split()) for line in lines if line not in printed] == []


def test_the_functions_of_the_commands_exist() -> None:
    """docs/python.md: each function is there, each command too, and no measuring command is left out."""
    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    for name in re.findall(r"`evalkit\.([\w.]+)\(", text):
        function: object = evalkit
        for part in name.split("."):
            function = getattr(function, part)
        assert callable(function), name
    names = {name for name, _ in every_command()}
    commands = {command.removesuffix(" --ask") for command in re.findall(r"^\| `(evalkit [^`]+)`", text, re.MULTILINE)}
    assert commands <= names
    groups = {"evalkit", "evalkit batch", "evalkit theory", "evalkit experiment"}
    others = ("show", "view", "predictions", "list", "repair", "init", "wrap", "wrap lm-eval", "runs", "runs rename",
              "runs delete", "runs tag")  # fmt: skip
    assert names - commands - groups == {f"evalkit {name}" for name in others}


def test_the_changelog_names_this_version() -> None:
    """Under its own heading or as unreleased."""
    assert re.search(r"^## \[(Unreleased|0\.1\.0)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_links_of_the_readme_hold_wherever_it_is_rendered() -> None:
    """A package index shows it without the repository: every link is absolute, and leads to a file that exists."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#\s]+)", text)
    assert [link for link in links if not link.startswith("https://")] == []
    own = [
        m[1] for link in links if (m := re.match(r"https://[\w.]+/evalkit/evalkit/(?:(?:blob|tree)/)?main/(.+)", link))
    ]
    assert len(own) > 10
    assert [path for path in own if not (ROOT / path).exists()] == []


def test_the_version_stands_once_and_is_the_same_everywhere() -> None:
    """pyproject.toml states it; the citation and the changelog follow."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{version}]" in changelog
    assert f"[{version}]: https://github.com/evalkit/evalkit/" in changelog
