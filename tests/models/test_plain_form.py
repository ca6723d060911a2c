"""--form plain and --shots: base models continue a text that shows them other questions of the task."""

from __future__ import annotations

import asyncio
import itertools
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from loopback import ChatServer, lines_of

import evalkit
from evalkit import Sample, Task
from evalkit.cli import cli
from evalkit.errors import InputError, SettingError, UsageError
from evalkit.models.base import ModelOptions, Request, open_model
from evalkit.models.gguf import read_chat_template
from evalkit.models.plain import plain_prompt
from evalkit.records import Completion, Message

ASK = Request(messages=[Message(role="user", content="How many?")])


def complete(server: ChatServer, request: Request = ASK, spec: str = "m", **extra: str) -> Completion:
    """One answer in the plain form."""

    async def call() -> Completion:
        options = ModelOptions(base_url=server.url, form="plain", extra=extra)
        async with open_model(spec, options) as model:
            return await model.complete(request)

    return asyncio.run(call())


def test_a_conversation_as_text() -> None:
    """It ends where the answer begins."""
    turns = [("system", "Be brief."), ("user", "1 + 1?"), ("assistant", "2"), ("user", "1 + 2?")]
    messages = [Message(role=role, content=content) for role, content in turns]
    assert plain_prompt(messages) == "Be brief.\n\nQuestion: 1 + 1?\nAnswer: 2\n\nQuestion: 1 + 2?\nAnswer:"


def test_the_plain_form_asks_for_a_completion(server: ChatServer) -> None:
    """At /completions, with the text, a limit, and the mark at which the answer ends; no chat template is involved."""
    server.answer = lambda _: " 3\n"
    assert complete(server).text == "3"
    assert server.paths == ["POST /v1/completions"]
    assert server.requests == [
        {
            "model": "m", "prompt": "Question: How many?\nAnswer:", "stop": ["\nQuestion:"], "max_tokens": 512,
            "temperature": 0.0,
        }
    ]  # fmt: skip


def test_what_follows_the_answer_is_not_the_answer(server: ChatServer) -> None:
    """A server that ignores the mark lets the model invent the next question."""
    body = {"choices": [{"text": " 3\n\nQuestion: How many more?\nAnswer: 4", "finish_reason": "length"}]}
    server.answer = lambda _: web.json_response(body)
    found = complete(server)
    assert (found.text, found.finish_reason) == ("3", "stop")


def test_log_probabilities_in_the_plain_form(server: ChatServer) -> None:
    """Asked for and given in the form of that protocol; fewer where the server has fewer."""
    columns = {"tokens": [" B"], "token_logprobs": [-0.1], "top_logprobs": [{" B": -0.1, " A": -2.5}]}
    choice = {"text": " B", "finish_reason": "stop", "logprobs": columns}
    refusal = {"error": {"message": "logprobs must be at most 5", "param": "logprobs"}}
    server.answer = lambda body: (
        web.json_response(refusal, status=400) if body["logprobs"] > 5 else web.json_response({"choices": [choice]})
    )
    found = complete(server, Request(messages=ASK.messages, logprobs=20, responses=["A", "B"]))
    assert [body["logprobs"] for body in server.requests] == [20, 5]
    assert found.logprobs is not None
    assert found.logprobs[0]["logprob"] == -0.1
    assert [one["token"] for one in found.logprobs[0]["top_logprobs"]] == [" B", " A"]


@pytest.mark.parametrize("spec", ["groq/m", "anthropic/m", "openai-responses/m", "baseline/idk"])
def test_a_provider_without_the_plain_form_says_so(spec: str) -> None:
    """Before anything is sent."""

    async def call() -> None:
        async with open_model(spec, ModelOptions(form="plain")):
            pass

    with pytest.raises(UsageError, match=r"--form plain: .* has no such form; base models are asked through"):
        asyncio.run(call())


def sums(n: int = 6) -> list[Sample]:
    """Questions with one answer each, the third of which has none."""
    return [
        Sample(id=f"s{k}", input=f"{k} + 2?", target=[str(k + 2)], metadata={"answerable": k != 2}) for k in range(n)
    ]


@pytest.mark.parametrize("endless", [False, True])
@pytest.mark.parametrize("form", ["chat", "plain"])
def test_each_question_is_shown_the_first_others(
    server: ChatServer, tmp_path: Path, form: Any, *, endless: bool
) -> None:
    """With their answers, never itself nor one without an answer; none is left out, also of a generator."""
    server.answer = lambda _: "3"
    samples: Any = (s for block in itertools.count() for s in sums(6 + block)[-1:]) if endless else sums()
    task = Task(samples=itertools.chain(sums(5), samples) if endless else samples, grader="exact", name="sums")
    result = evalkit.run(
        task, model="m", base_url=server.url, form=form, shots=2, limit=6, max_connections=1, out=tmp_path
    )
    assert result.scorecards[0].n == 6
    shown = {
        record["sample_id"]: [message["content"] for message in record["messages"]]
        for record in lines_of(result.folder / "records.jsonl")
    }
    assert shown["s0"] == ["1 + 2?", "3", "3 + 2?", "5", "0 + 2?"]
    assert shown["s5"] == ["0 + 2?", "2", "1 + 2?", "3", "5 + 2?"]
    if form == "plain":
        assert server.requests[0]["prompt"] == (
            "Question: 1 + 2?\nAnswer: 3\n\nQuestion: 3 + 2?\nAnswer: 5\n\nQuestion: 0 + 2?\nAnswer:"
        )
    settings = result.scorecards[0].condition.settings
    assert settings["shots"] == "2"
    assert settings.get("form") == (None if form == "chat" else "plain")


def test_examples_are_put_as_the_question_is(server: ChatServer, tmp_path: Path) -> None:
    """With the same words about confidence and cost; a resumed run shows the same."""
    server.answer = lambda _: "3"
    task = Task(samples=sums(), grader="exact", name="sums")
    settings: dict[str, Any] = {"model": "m", "base_url": server.url, "out": tmp_path}
    result = evalkit.run(task, thresholds=0.75, shots=1, limit=2, **settings)
    first, _, question = server.requests[0]["messages"]
    assert first["content"].removeprefix("1 + 2?") == question["content"].removeprefix("0 + 2?")
    assert "0.75" in first["content"]
    again = evalkit.run(task, resume=result.folder, trust=True)
    assert (again.resumed, again.scorecards[0].n) == (True, 2)


def test_too_few_examples_are_an_error(server: ChatServer, tmp_path: Path) -> None:
    """With the number that there is."""
    task = Task(samples=sums(3), grader="exact", name="sums")
    with pytest.raises(SettingError, match="5: task sums has 2 questions with an accepted answer"):
        evalkit.run(task, model="m", base_url=server.url, shots=5, out=tmp_path)
    assert not server.requests


def test_a_dry_run_shows_the_text_and_a_limit_or_none() -> None:
    """As it would be sent."""
    shown = CliRunner().invoke(
        cli, ["run", "--model", "m", "--base-url", "http://x/v1", "--task", "letters", "--limit", "1", "--dry-run",
              "--form", "plain", "--shots", "1"],
    )  # fmt: skip
    assert shown.exit_code == 0, shown.output
    assert "Answer:" in shown.output
    assert "at most 512 completion tokens" in shown.output
    shown = CliRunner().invoke(cli, ["run", "--model", "openai/m", "--task", "letters", "--limit", "1", "--dry-run"])
    assert "No token limit is sent" in shown.output


def gguf(path: Path, *pairs: tuple[str, Any]) -> Path:
    """A GGUF file of metadata alone."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value.encode())) + value.encode()

    def value_of(value: Any) -> bytes:
        if isinstance(value, str):
            return struct.pack("<I", 8) + text(value)
        if isinstance(value, list):
            kind = 8 if value and isinstance(value[0], str) else 5
            items = b"".join(text(one) if kind == 8 else struct.pack("<i", one) for one in value)
            return struct.pack("<IIQ", 9, kind, len(value)) + items
        return struct.pack("<IQ", 10, value)

    head = struct.pack("<4sIQQ", b"GGUF", 3, 0, len(pairs))
    path.write_bytes(head + b"".join(text(key) + value_of(value) for key, value in pairs))
    return path


def test_the_chat_template_of_weights(tmp_path: Path) -> None:
    """Wherever it stands among the metadata; a base model has none."""
    others = [("general.name", "m"), ("n", 7), ("tokens", ["a", "b"]), ("kinds", [1, 2, 3]), ("empty", [])]
    assert read_chat_template(gguf(tmp_path / "base.gguf", *others)) is None
    template = ("tokenizer.chat_template", "{{ messages }}")
    assert read_chat_template(gguf(tmp_path / "chat.gguf", *others, template, ("m", 1))) == "{{ messages }}"


@given(st.binary(max_size=200))
def test_a_damaged_head_is_named(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Never a traceback, whatever the bytes."""
    path = tmp_path_factory.mktemp("gguf") / "m.gguf"
    path.write_bytes(struct.pack("<4sIQQ", b"GGUF", 3, 0, 9) + data)
    with suppress(InputError):
        assert read_chat_template(path) is None


def test_weights_without_a_chat_template_are_not_put_into_a_made_up_one(tmp_path: Path) -> None:
    """llama.cpp would: the user is told of the plain form instead."""
    pytest.importorskip("xllamacpp", reason="the local extra is not installed")
    path = gguf(tmp_path / "base.gguf", ("general.name", "m"))

    async def call(**options: Any) -> None:
        async with open_model(f"local/{path}", ModelOptions(**options)):
            pass

    with pytest.raises(UsageError, match=r"base\.gguf has no chat template, .* --form plain"):
        asyncio.run(call())
    with pytest.raises(UsageError, match="has no place for one"):
        asyncio.run(call(form="plain", reasoning_effort="high"))


@pytest.fixture
def _local() -> None:
    pytest.importorskip("xllamacpp", reason="the local extra is not installed")


@pytest.mark.slow
@pytest.mark.usefixtures("_local")
def test_the_embedded_model_in_the_plain_form(tmp_path: Path) -> None:
    """A real llama.cpp: the text goes in as it is, and the examples show the form of an answer."""
    result = evalkit.run("letters", form="plain", shots=3, limit=3, out=tmp_path)
    texts = [record["completion"]["text"] for record in lines_of(result.folder / "records.jsonl")]
    assert len(texts) == 3
    assert all("Question:" not in text for text in texts)
    assert sum(text.isdecimal() for text in texts) >= 2
