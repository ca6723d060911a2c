"""Providers of a user's own: a file named on the command line, and one line where its code fails."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from loopback import ChatServer

import evalkit
from evalkit.errors import BadResponseError, UsageError
from evalkit.models import default_max_tokens, split_model
from evalkit.records import Completion, Message

PARROT = """
from contextlib import asynccontextmanager
from evalkit import Completion, ModelOptions, Request

class Parrot:
    def __init__(self, name):
        self.name, self.max_connections, self.info = f"parrot/{name}", 1, {}

    def waiting(self):
        return ""

    async def complete(self, request: Request) -> Completion:
        {complete}

class Parrots:
    about = "repeats the question"
    {more}

    @asynccontextmanager
    async def open(self, name: str, options: ModelOptions):
        {open}
        yield Parrot(name)

PARROTS = Parrots()
"""
ECHO = "return Completion(text=f'{self.name}: {request.messages[-1].content}', finish_reason='stop')"


def provider_file(folder: Path, complete: str = ECHO, opening: str = "pass", more: str = "") -> str:
    """Write a provider; its path."""
    path = folder / "parrot.py"
    text = PARROT.replace("{complete}", complete).replace("{open}", opening).replace("{more}", more)
    path.write_text(text, encoding="utf-8")
    return str(path)


def ask(spec: str, options: evalkit.ModelOptions | None = None) -> Completion:
    """Put one question to a model."""

    async def call() -> Completion:
        async with evalkit.open_model(spec, options) as model:
            return await model.complete(evalkit.Request(messages=[Message(role="user", content="Polly?")]))

    return asyncio.run(call())


def test_a_file_names_its_provider_and_model(tmp_path: Path) -> None:
    """`path/to/file.py::PROVIDER/some/model`; the provider's name may be left out where the file has one."""
    path = provider_file(tmp_path)
    assert ask(f"{path}::PARROTS/grey/african").text == "parrot/grey/african: Polly?"
    assert ask(f"{path}/grey").text == "parrot/grey: Polly?"


def test_a_run_uses_it(tmp_path: Path) -> None:
    """As `evalkit run --model file.py::PROVIDER/model` does."""
    path = provider_file(tmp_path, "return Completion(text='1', finish_reason='stop')")
    result = evalkit.run(model=f"{path}::PARROTS/grey", tasks="letters", limit=3, out=tmp_path / "results")
    assert result.scorecards[0].n == 3


def test_a_run_with_code_in_files_is_resumed_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paths are relative to where the run was started; the model keeps the name that was typed."""
    provider_file(tmp_path, "return Completion(text='1', finish_reason='stop')")
    (tmp_path / "own.py").write_text(
        "import evalkit\n\n@evalkit.metric\ndef most(counts) -> float:\n    return 1.0\n", encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    model, own, out = "parrot.py::PARROTS/grey", ["own.py::most"], tmp_path / "results"
    folder = evalkit.run("letters", model=model, metrics=own, limit=3, out=out, cache="off").folder
    lines = (folder / "records.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "records.jsonl").write_text("".join(lines[:1]), encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    card = evalkit.run(resume=folder).scorecards[0]
    assert (card.n, card.model, card.metrics["most"]) == (3, "parrot.py::PARROTS/grey", 1.0)


def test_a_row_in_a_file_is_a_provider(tmp_path: Path, server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """One `ChatProvider` is enough for an API that speaks the OpenAI protocol."""
    path = tmp_path / "lab.py"
    row = f"LAB = ChatProvider(prefix='lab', base_url={server.url!r}, key_variable='LAB_KEY')"
    path.write_text(f"from evalkit import ChatProvider\n\n{row}\n", encoding="utf-8")
    monkeypatch.setenv("LAB_KEY", "k-1")
    assert ask(f"{path}::LAB/big").text == "1"
    assert server.requests[0]["model"] == "big"
    assert server.headers[0]["Authorization"] == "Bearer k-1"


@pytest.mark.parametrize(
    ("opening", "complete", "error"),
    [
        ("raise ValueError('no cage')", ECHO, UsageError),
        ("pass", "raise KeyError('seed')", BadResponseError),
        ("pass", "return 'Polly'", UsageError),
    ],
)
def test_code_that_raises_is_named_with_its_file(
    tmp_path: Path, opening: str, complete: str, error: type[Exception]
) -> None:
    """One line, whether it fails when it is opened or when it is asked."""
    path = provider_file(tmp_path, complete, opening)
    with pytest.raises(error, match=r"provider .*parrot\.py::PARROTS: ") as caught:
        ask(f"{path}::PARROTS/grey")
    assert "\n" not in str(caught.value)


def test_an_error_of_the_caller_is_not_blamed_on_the_provider(tmp_path: Path) -> None:
    """What is raised while the model is open passes as it is."""

    async def call() -> None:
        async with evalkit.open_model(f"{provider_file(tmp_path)}/grey"):
            raise ValueError("mine")

    with pytest.raises(ValueError, match=r"^mine$"):
        asyncio.run(call())


def test_a_file_without_such_a_provider(tmp_path: Path) -> None:
    """Says which it has."""
    with pytest.raises(UsageError, match="no provider named 'OWLS'; it has: PARROTS"):
        ask(f"{provider_file(tmp_path)}::OWLS/grey")
    with pytest.raises(UsageError, match="no file"):
        ask("nosuch.py::OWLS/grey")


def test_the_default_limit_is_known_before_a_model_is_opened(tmp_path: Path) -> None:
    """For a run's plan."""
    path = provider_file(tmp_path, more="default_max_tokens = 77")
    assert default_max_tokens(f"{path}::PARROTS/grey") == 77
    assert default_max_tokens("baseline/idk") is None


def test_names_split_at_the_first_slash_after_the_provider() -> None:
    """Also where the provider's path holds slashes."""
    assert split_model("openai/gpt-4o") == ("openai", "gpt-4o")
    assert split_model("openrouter/lab/m") == ("openrouter", "lab/m")
    assert split_model("local") == ("local", "")
    assert split_model("/a/b.py::P/lab/m") == ("/a/b.py::P", "lab/m")
    assert split_model("b.py") == ("b.py", "")
