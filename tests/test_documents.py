"""Whoever follows the documents gets what they say: their commands run, and their Python does."""

from __future__ import annotations

import doctest
from collections.abc import Iterator
from pathlib import Path

import click
import documents
import pytest
from click.testing import CliRunner
from loopback import ChatServer, serving

from evalkit.cli import cli

HUB = "its questions come from the Hugging Face hub"
LONG = "minutes of computation; tests of its own"
NOT_RUN = {
    "view": "serves pages until it is stopped; tests/web starts it",
    "audit": LONG,
    "theory": "tests/test_docs.py and tests/theory run it",
    "experiment": LONG,
    "wrap": "needs lm-eval; tests/integrations run it",
    "run --task simpleqa": HUB,
    "run --task mmlu_pro,math_l5": HUB,
    "run --task bbh": HUB,
    "run --task wildbench": HUB,
    "run --model local/weights.gguf": "weights of the reader's own",
    "run --model anthropic/": "another client; tests/models run it",
    "rescore logs/": "the reader's own logs; tests/readers hold a file of each kind",
    "rescore batch_output.jsonl": "tests/readers hold such a file",
    "export RUN --to inspect": "needs inspect-ai; tests/export run it",
    "push": "writes to the Hub; tests/export run it on loopback",
    "run --task facts": "needs a trained model; tests/theory train one",
    "batch read": "the output of another program; tests/runs hold one",
    "rescore OUT": "the reader's own logs",
    "run study.toml": "names models of two providers; tests/studies run one",
}
"""Commands that are parsed and not run, with the reason."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str], ChatServer]]:
    """A folder with what the documents name, and a server for their models."""
    folder = tmp_path_factory.mktemp("documents")
    with serving() as server:
        yield folder, documents.furnish(folder, server), server


def parsed(words: list[str]) -> click.Context:
    """The innermost command's context: its options are known and have values of the right kind."""
    context = click.Context(cli, info_name="evalkit")
    while isinstance(context.command, click.Group):
        name, command, rest = context.command.resolve_command(context, words)
        assert command is not None
        words = rest
        context = command.make_context(name, list(rest), parent=context)
    return context


def test_there_are_commands_on_every_guide() -> None:
    """The search finds what it is to find."""
    pages = {command.page for command in documents.commands()}
    assert {"README.md", "index.md", "boards.md", "judges.md", "studies.md", "rescoring.md"} <= pages


@pytest.mark.parametrize("command", documents.commands(), ids=lambda one: f"{one.page}: {' '.join(one.words)[:60]}")
def test_each_command_runs(
    command: documents.Command, shop: tuple[Path, dict[str, str], ChatServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names of models and runs aside, it is typed as it stands and ends well."""
    folder, names, server = shop
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "100")
    typed = " ".join(command.words)
    if reason := next((why for start, why in NOT_RUN.items() if typed.startswith(start)), None):
        parsed(command.words)
        pytest.skip(reason)
    done = CliRunner().invoke(cli, documents.concrete(command.words, names, server))
    assert done.exit_code == 0, f"{typed}\n{done.output}\n{done.exception}"


@pytest.mark.parametrize("page", documents.PAGES, ids=lambda page: page.name)
def test_what_python_prints_is_what_stands_there(page: Path) -> None:
    """Blocks with >>> are doctests."""
    failed, _ = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert failed == 0
