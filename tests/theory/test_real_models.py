"""A real model's exact probabilities: the tree against scoring string by string, and the theorem on it."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

import pytest
from aiohttp import web
from click.testing import CliRunner

from evalkit.cli import cli
from evalkit.errors import InputError, ModelError, UsageError
from evalkit.exact import Exact, TokenServer, answer_logprobs, exact_world
from evalkit.models import Options, open_model
from evalkit.records import Message
from evalkit.theory import iiv

ANSWERS = ["0", "1", "10", "11", "12", "7"]


def embedded() -> str:
    """The embedded model's name, or a skip."""
    pytest.importorskip("xllamacpp")
    return "local/smollm2-135m"


def test_the_tree_gives_what_scoring_string_by_string_gives() -> None:
    """Each answer alone, token by token, the end of the turn among them; and no beginning is asked about twice."""

    async def both() -> tuple[list[float], list[float], int, float]:
        async with open_model(embedded(), Options()) as model, TokenServer(str(model.info["base_url"])) as server:
            prompt = await server.render([Message(role="user", content="How many Ds are in DEEPSEEK?")])
            tree = await answer_logprobs(server, prompt, ANSWERS)
            calls = server.calls
            alone = [(await answer_logprobs(server, prompt, [answer]))[0] for answer in ANSWERS]
            head = await server.tokenize(prompt)
            everything = await server._top(head, 60_000)
            return tree, alone, calls, math.fsum(math.exp(value) for value in everything.values())

    tree, alone, calls, total = asyncio.run(both())
    assert tree == pytest.approx(alone, abs=1e-3)  # the cache changes the order of sums
    assert calls <= 2 * 7  # beginnings, each asked for a few tokens and perhaps for all
    assert total == pytest.approx(1, abs=1e-3)  # as the server rounds
    assert len(set(tree)) == len(tree)


def test_the_theorem_holds_on_a_real_model() -> None:
    """Letters: the identity to 1e-9, the bound not violated, the mass outside known."""
    found: Exact = asyncio.run(exact_world(embedded(), "letters", 2))
    one = iiv.reduction(found.world, per_prompt=True)
    assert one.identity == pytest.approx(one.error, abs=1e-9)
    assert one.error >= one.bound_signed - 1e-9
    assert all(0 < mass <= 1 + 1e-6 for mass in found.masses)
    assert [len(answers) for answers in found.answers] == [len(found.ids[0].split("-")[0]) + 1, 11]


def test_a_task_without_a_finite_set_of_answers_is_refused(tmp_path: Path) -> None:
    """In one line, before a model is opened."""
    task = tmp_path / "t.py"
    task.write_text(
        "from evalkit import Sample, Task, task\n\n@task\ndef t() -> Task:\n"
        "    return Task(samples=[Sample(id='a', input='q', target='x')], grader='exact')\n",
        encoding="utf-8",
    )
    with pytest.raises(UsageError, match="no finite set of answers"):
        asyncio.run(exact_world("local/smollm2-135m", str(task), 1))


@pytest.mark.parametrize(
    ("properties", "error", "says"),
    [
        ({}, InputError, "does not say what ends a turn"),
        (None, ModelError, "exact probabilities need llama.cpp's server"),
    ],
)
def test_a_server_that_is_not_llama_cpps_says_so(
    properties: dict[str, str] | None, error: type[Exception], says: str
) -> None:
    """Instead of a traceback."""

    async def asked() -> None:
        app = web.Application()
        if properties is not None:

            async def answer(_: web.Request) -> web.Response:
                return web.json_response(properties)

            app.router.add_get("/props", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            port = runner.addresses[0][1]
            async with TokenServer(f"http://127.0.0.1:{port}/v1"):
                pass
        finally:
            await runner.cleanup()

    with pytest.raises(error, match=says):
        asyncio.run(asked())


def test_the_command_prints_the_quantities_and_a_sentence() -> None:
    """Among them the mass outside."""
    done = CliRunner().invoke(cli, ["theory", "iiv", "--model", embedded(), "--limit", "1"])
    assert done.exit_code == 0, done.output
    assert "delta_gold" in done.output
    assert "mass outside, mean" in done.output
    assert "token distributions were read" in done.output
