"""A real model's exact probabilities: the tree against scoring string by string, and the theorem on it."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, get_args

import pytest
from aiohttp import web
from click.testing import CliRunner
from effort import draws
from own_task import own_task

from evalkit.cli import cli
from evalkit.cli.theory.iiv import FORMS, OUTSIDE
from evalkit.errors import InputError, ModelError, UsageError
from evalkit.logprobs import ScoredQuestion, Settings, TokenServer, answer_logprobs, choose, make_exact_world, score
from evalkit.logprobs import llama_client as servers
from evalkit.logprobs.measure import Outside
from evalkit.logprobs.prompt import Form
from evalkit.models import ModelOptions, open_model
from evalkit.models.weights import find_weights
from evalkit.records import Message
from evalkit.theory import is_it_valid
from evalkit.theory.bounds import choice_bound

ANSWERS = ["0", "1", "10", "11", "12", "7"]


def embedded() -> str:
    """The embedded model's name, or a skip."""
    pytest.importorskip("xllamacpp")
    return "local/smollm2-135m"


@asynccontextmanager
async def token_server() -> AsyncIterator[TokenServer]:
    """The embedded model's server."""
    async with (
        open_model(embedded(), ModelOptions(max_connections=1)) as model,
        TokenServer(str(model.info["base_url"])) as server,
    ):
        yield server


def measured(settings: Settings, keep: Path | None = None) -> list[ScoredQuestion]:
    """What a model makes of a task."""
    return asyncio.run(score(settings, choose(settings), keep))


@pytest.mark.network
@pytest.mark.slow
def test_the_tree_gives_what_scoring_string_by_string_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer alone, token by token from the whole vocabulary, the end of the turn among them."""

    async def both() -> tuple[list[float], list[float], int, float]:
        async with token_server() as server:
            prompt = await server.render([Message(role="user", content="How many Ds are in DEEPSEEK?")])
            end = await server.turn_end()
            assert end == "<|im_end|>"
            before = server.calls
            tree = await answer_logprobs(server, prompt, ANSWERS, end)
            calls = server.calls - before
            head = await server.tokenize(prompt)
            brute = []
            for answer in ANSWERS:
                path = (await server.tokenize(f"{prompt}{answer}{end}"))[len(head) :]
                steps = [(await server.all_logprobs([*head, *path[:k]]))[token] for k, token in enumerate(path)]
                brute.append(math.fsum(steps))
            everything = await server.all_logprobs(head)
            return tree, brute, calls, math.fsum(math.exp(value) for value in everything.values())

    tree, brute, calls, total = asyncio.run(both())
    assert tree == pytest.approx(brute, abs=0.02)  # the server's cache changes the order of its sums
    assert calls <= 7 + 9  # seven beginnings, and what one of them lacks among the sixty most probable tokens
    assert total == pytest.approx(1, abs=1e-3)  # as the server rounds
    assert len(set(tree)) == len(tree)
    # Where forcing a token would not give its own probability, the whole vocabulary is read.
    monkeypatch.setattr(servers, "TOLERANCE", -1.0)

    async def slowly() -> list[float]:
        async with token_server() as server:
            prompt = await server.render([Message(role="user", content="How many Ds are in DEEPSEEK?")])
            return await answer_logprobs(server, prompt, ["1", "10"], await server.turn_end())

    assert asyncio.run(slowly()) == pytest.approx(tree[1:3], abs=0.02)


@pytest.fixture(scope="module")
def two_questions() -> list[ScoredQuestion]:
    """Two of letters, scored once for this module."""
    return measured(Settings(embedded(), limit=2))


@pytest.mark.network
@pytest.mark.slow
def test_the_theorem_holds_on_a_real_model(two_questions: list[ScoredQuestion]) -> None:
    """Letters: the identity to 1e-9, the bound not violated, the mass outside known; also where that is error."""
    for outside in ("drop", "error"):
        world = make_exact_world(two_questions, outside)
        one = is_it_valid.reduction(world, per_prompt=True)
        assert one.identity == pytest.approx(one.error, abs=1e-9)
        assert one.error >= one.bound_signed - 1e-9
    assert all(0 < scored.mass <= 1 for scored in two_questions)
    assert [len(scored.answers) for scored in two_questions] == [9, 11]
    assert one.error == pytest.approx(1 - sum(math.exp(s.logprobs[s.right[0]]) for s in two_questions) / 2, abs=1e-9)


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize(("task", "limit"), [("letters", draws(4, 30)), ("birthdays", draws(1, 2))])
def test_the_theorems_hold_on_both_tasks(task: str, limit: int) -> None:
    """Letters by a threshold a question, 366 dates by 1/365: Theorem 1, Theorem 3, the mean over all thresholds."""
    scored = measured(Settings(embedded(), task, limit=limit))
    world = make_exact_world(scored)
    for per_prompt in (True, False):
        one = is_it_valid.reduction(world, per_prompt)
        assert one.identity == pytest.approx(one.error, abs=1e-9)
        assert one.error >= one.bound_signed - 1e-9
        assert one.slack >= -1e-9
    options = int(world.errors.min()) + 1
    assert one.error >= choice_bound(options, is_it_valid.best_threshold(world)[0]) - 1e-9
    t, curve = is_it_valid.threshold_curve(world)
    mean = sum((b - a) * e for a, b, e in zip(t, t[1:], curve, strict=False))
    assert mean == pytest.approx(is_it_valid.mean_over_thresholds(world), abs=1e-9)


@pytest.mark.network
@pytest.mark.slow
def test_what_is_kept_is_not_measured_again(two_questions: list[ScoredQuestion], tmp_path: Path) -> None:
    """Cut short in the middle of a line it goes on; other settings or questions, and damaged lines, are refused."""
    settings, kept = Settings("local/absent-model", limit=2), tmp_path / "a" / "kept.jsonl"
    head = {**settings.__dict__, "limit": None, "examples": []}
    lines = [json.dumps(head), *(json.dumps(scored.__dict__) for scored in two_questions)]
    kept.parent.mkdir()
    kept.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert measured(settings, kept) == two_questions
    with pytest.raises(UsageError, match="other settings"):
        measured(Settings("local/absent-model", limit=2, shots=1), kept)
    kept.write_text("\n".join(lines)[:-20], encoding="utf-8")
    with pytest.raises(UsageError, match="absent-model"):  # the second is asked again, of a model that is not there
        measured(settings, kept)
    assert kept.read_text(encoding="utf-8") == "\n".join(lines[:2]) + "\n"
    changed = json.dumps({**two_questions[0].__dict__, "question": "Another?"})
    kept.write_text(f"{lines[0]}\n{changed}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"kept.jsonl:2: question 'DEEPSEEK-D' has changed since"):
        measured(settings, kept)
    strings = [str(value) for value in two_questions[0].logprobs]
    for logprobs in ([-1.0], strings, [1.0] * 9):
        damaged = json.dumps({**two_questions[0].__dict__, "logprobs": logprobs})
        kept.write_text(f"{lines[0]}\n{damaged}\n", encoding="utf-8")
        with pytest.raises(InputError, match=r"kept.jsonl:2: not a line of a saved measurement"):
            measured(settings, kept)
    kept.write_bytes(lines[0].encode() + b'\n{"id": "\xe2\x80')
    with pytest.raises(UsageError, match="absent-model"):
        measured(settings, kept)
    assert kept.read_text(encoding="utf-8") == f"{lines[0]}\n"
    with pytest.raises(InputError, match="cannot be read"):
        measured(settings, tmp_path / ("x" * 300))


@pytest.mark.network
@pytest.mark.slow
def test_the_same_question_has_the_same_probabilities(two_questions: list[ScoredQuestion]) -> None:
    """Whatever was asked before it: the prompt is read afresh, and its answers one after the other."""
    assert measured(Settings(embedded(), limit=3))[:2] == two_questions


def test_a_model_without_a_server_is_refused() -> None:
    """A baseline has no probabilities."""
    done = CliRunner().invoke(cli, ["theory", "iiv", "--model", "baseline/guess", "--limit", "1"])
    assert isinstance(done.exception, UsageError)
    assert "llama.cpp server" in str(done.exception)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("[Sample(id='a', input='q', target='x', choices=['x'])]", "no wrong answer among"),
        ("[Sample(id='a', input='q', target='x', choices=['x', 'y'])] * 2", "occurs twice"),
        ("[Sample(id='a', input='q', target='z', choices=['x', 'y'])]", "not among the 2 possible answers"),
        ("[]", "has no questions"),
    ],
)
def test_questions_that_make_no_world_are_named(rows: str, says: str, tmp_path: Path) -> None:
    """Before a model is opened."""
    task = own_task(tmp_path, rows, "grader='choice'")
    with pytest.raises(InputError, match=says):
        choose(Settings("local/smollm2-135m", task))
    with pytest.raises(UsageError, match="reads no files"):
        choose(Settings("local/smollm2-135m", task, data="."))


def test_every_accepted_answer_is_right_and_each_possible_one_counts_once(tmp_path: Path) -> None:
    """Two targets make two valid answers, and the truth is shared between them; a doubled answer is one."""
    rows = "[Sample(id='a', input='q', target=['2', '0'])]"
    task = own_task(tmp_path, rows, "grader='exact', responses=lambda _: ['0', '1', '1', '2']")
    (question,) = choose(Settings("local/smollm2-135m", task)).questions
    assert (question.answers, question.right) == (["0", "1", "2"], [0, 2])
    world = make_exact_world(
        [ScoredQuestion("a", "q", "q", question.answers, question.right, [math.log(x) for x in (0.5, 0.3, 0.1)])]
    )
    assert world.p.tolist() == [0.5, 0, 0.5]
    assert is_it_valid.error(world) == pytest.approx(1 / 3)


@pytest.mark.network
@pytest.mark.slow
def test_worked_examples_are_shown_and_not_asked() -> None:
    """Plain text: the task's first questions with their answers, then the one that is asked, up to its answer."""
    (scored,) = measured(Settings(embedded(), limit=1, form="plain", shots=2))
    assert scored.prompt.count("Question: ") == 3
    assert scored.prompt.startswith("Question: How many Ds are in DEEPSEEK?")
    assert "commentary.\nAnswer: 3\nQuestion: " in scored.prompt
    assert scored.prompt.endswith(
        "How many Ds are in LADDER? If you know, just say the number with no commentary.\nAnswer:"
    )
    assert scored.mass > 0.3  # in chat it is below 0.01: examples bring a model to bare answers


@pytest.mark.network
@pytest.mark.slow
def test_multiple_choice_is_scored_by_letter(tmp_path: Path) -> None:
    """Also where a task names no response set: its options are one."""
    rows = (
        "[Sample(id='a', input='A) red  B) blue  C) ant. Which is it?', target='ant', choices=['red', 'blue', 'ant'])]"
    )
    task = own_task(tmp_path, rows, "grader='choice'")
    (scored,) = measured(Settings(embedded(), task, limit=1, form="plain"))
    assert (scored.answers, scored.right) == (["A", "B", "C"], [2])
    assert 0 < scored.mass < 1


def test_a_task_without_a_finite_set_of_answers_is_refused(tmp_path: Path) -> None:
    """In one line, before a model is opened; as is one whose questions are all examples."""
    task = own_task(tmp_path, "[Sample(id='a', input='q', target='x')]")
    with pytest.raises(UsageError, match="no finite set of answers"):
        choose(Settings("local/smollm2-135m", task, limit=1))
    with pytest.raises(InputError, match="all used as worked examples"):
        choose(Settings("local/smollm2-135m", "letters", parameters={"n": "3"}, shots=5))


def test_a_model_that_rules_every_answer_out_is_an_error() -> None:
    """Rather than a division by zero."""
    with pytest.raises(InputError, match="every possible answer probability 0"):
        make_exact_world([ScoredQuestion("a", "q", "q", ["0", "1"], [0], [-1e31, -1e31])])


def completion(top: list[dict[str, object]]) -> dict[str, object]:
    """A reply that has these as the most probable tokens."""
    return {"completion_probabilities": [{"id": 1, "logprob": -1.0, "top_logprobs": top}]}


class HalfCharacters(TokenServer):
    """A server whose model would go on with a part of a character, which it keeps back."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1")
        self._forces, self._whole, self._vocabulary = True, 5, 10
        self.asked: list[dict[str, Any]] = []

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        assert path == "/completion"
        self.asked.append(body)
        forced = body.get("logit_bias", [[9, 0]])[0][0]
        if forced == 9:  # a part of a character
            return {"content": ""}
        top = [{"id": k, "logprob": -1.0 - k} for k in range(10)]
        return {"completion_probabilities": [{"id": forced, "logprob": -1.0 - forced, "top_logprobs": top}]}


def test_a_part_of_a_character_is_read_off_the_whole_vocabulary() -> None:
    """The server says nothing where it would be the next token: a whole one is put in its place."""
    server = HalfCharacters()
    assert asyncio.run(server.next_logprobs([1], {9})) == {9: -10.0}
    assert asyncio.run(server.next_logprobs([1], {4, 9})) == {4: -5.0, 9: -10.0}
    assert all(body["n_predict"] == 1 for body in server.asked)


@pytest.mark.parametrize(
    ("properties", "error", "says"),
    [
        ({"tokens": [1], "content": "x"}, ModelError, "reports no probabilities of the next token"),
        ({"error": "no"}, ModelError, "sends no tokens"),
        ({"tokens": [1], **completion([])}, ModelError, "sends no token probabilities"),
        ({"tokens": [1], **completion([{"id": 1, "logprob": None}])}, ModelError, "sends no token probabilities"),
        ({"tokens": [1], "completion_probabilities": [7]}, ModelError, "sends no token probabilities"),
        (None, ModelError, "only llama.cpp's server"),
    ],
)
def test_a_server_that_is_not_llama_cpps_says_so(
    properties: dict[str, object] | None, error: type[Exception], says: str
) -> None:
    """Instead of a traceback."""

    async def asked() -> None:
        app = web.Application()

        async def answer(_: web.Request) -> web.Response:
            return web.json_response(properties)

        if properties is not None:
            app.router.add_post("/tokenize", answer)
            app.router.add_post("/completion", answer)
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


@pytest.mark.network
@pytest.mark.slow
def test_the_command_prints_the_quantities_and_a_sentence(tmp_path: Path) -> None:
    """Two models side by side, among it the mass outside, the histogram and a figure; likewise as one document."""
    other = tmp_path / "other.gguf"
    other.symlink_to(find_weights(embedded().removeprefix("local/"), lambda _: None))
    figure, kept = tmp_path / "f.svg", tmp_path / "kept"
    argv = ["theory", "iiv", "--model", embedded(), "--model", f"local/{other}", "--limit", "1", "--keep", str(kept)]
    done = CliRunner().invoke(cli, [*argv, "--plot", str(figure)])
    assert done.exit_code == 0, done.output
    for words in ("delta_gold", "mass outside, mean", "Theorem 3", "less than half of its probability", "0.0 – 0.1"):
        assert words in done.output
    assert "smollm2-135m" in done.output
    assert "Error as a classifier" in figure.read_text(encoding="utf-8")
    document = json.loads(CliRunner().invoke(cli, [*argv, "--json"]).stdout)
    assert [one["name"] for one in document["models"]] == ["smollm2-135m", "other"]
    assert [one["n"] for one in document["models"]] == [1, 1]
    assert document["models"][0]["reduction"]["error"] == pytest.approx(
        document["models"][1]["reduction"]["error"], abs=0.05
    )


def test_the_same_model_twice_is_refused() -> None:
    """Nothing stands beside itself."""
    done = CliRunner().invoke(cli, ["theory", "iiv", "--model", "local/a", "--model", "local/a"])
    assert done.exit_code == 2
    assert "given twice" in done.output


def test_the_options_are_those_of_the_library() -> None:
    """Which is not imported for them: `--help` stays quick."""
    assert get_args(Form) == FORMS
    assert get_args(Outside) == OUTSIDE
