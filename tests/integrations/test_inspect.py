"""The extension of Inspect AI, run by the real Inspect against a server on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import web
from loopback import ChatServer, completion_body

import evalkit
from evalkit.errors import InputError
from evalkit.runs import journal

inspect_ai = pytest.importorskip("inspect_ai", reason="Inspect AI is absent: make test-extras installs it")
pytest.importorskip("openai", reason="openai, which Inspect asks servers with, is absent: make test-extras installs it")

from inspect_ai import Task, eval as inspect_eval, score as inspect_score  # noqa: E402, I001 - after the skip
from inspect_ai.dataset import Sample  # noqa: E402
from inspect_ai.log import EvalLog  # noqa: E402
from inspect_ai.model import get_model  # noqa: E402
from inspect_ai.scorer import SampleScore, Score, Scorer, Target, choice, match, mean, scorer  # noqa: E402
from inspect_ai.solver import TaskState, generate, multiple_choice, system_message  # noqa: E402

from evalkit.integrations.inspect import confidence_target, three_way, threshold_score  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")

WORDS = "mistakes are penalized 3 points"
TASK = """
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import match
from inspect_ai.solver import generate, system_message

@task
def rivers(shown: int = 2) -> Task:
    samples = [Sample(input="Which river runs through Prague?", target="Vltava", id="p"),
               Sample(input="Which river runs through Basel?", target="Rhine", id="b")]
    return Task(dataset=samples[:shown], solver=[system_message("Be brief."), generate()], scorer=match())
"""


@pytest.fixture(autouse=True)
def _server(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inspect's command line finds the server by these variables."""
    monkeypatch.setenv("LOOPBACK_API_KEY", "none")
    monkeypatch.setenv("LOOPBACK_BASE_URL", server.url)


MODEL = "openai-api/loopback/parrot"


def said(text: str) -> web.Response:
    """A completion with all that Inspect reads."""
    return web.json_response({"id": "1", "created": 0, "model": "parrot", **completion_body(text)})


def run(task: Task, server: ChatServer, *answers: str, tmp_path: Path, status: str = "success") -> EvalLog:
    """One answer at a time, so that they come in the order of the samples; the last one is given for good."""
    left = list(answers)
    server.answer = lambda _: said(left.pop(0) if len(left) > 1 else left[0])
    log: EvalLog = inspect_eval(
        task, model=get_model(MODEL, memoize=False), max_samples=1, display="none", log_dir=str(tmp_path)
    )[0]
    assert log.status == status, log.error
    return log


def metrics_of(log: EvalLog, name: str = "three_way") -> dict[str, float]:
    """The metrics that Inspect printed."""
    assert log.results is not None
    found = next(one for one in log.results.scores if one.name == name)
    return {key: metric.value for key, metric in found.metrics.items()}


def outcomes_of(log: EvalLog, name: str = "three_way") -> list[str]:
    """The outcome of each sample and epoch."""
    return [sample.scores[name].metadata["evalkit"]["outcome"] for sample in log.samples or []]


def prompts_of(log: EvalLog) -> list[str]:
    """What each answer was an answer to."""
    return [sample.messages[-2].text for sample in log.samples or []]


def rivers(n: int = 3) -> list[Sample]:
    """Questions of our own."""
    return [Sample(input=f"Name river {k}.", target=f"river{k}", id=k) for k in range(1, n + 1)]


def test_a_step_states_the_target_and_leaves_the_asking_to_the_next(server: ChatServer, tmp_path: Path) -> None:
    """As one step of several, the solver adds evalkit's own words, and the model is asked once."""
    task = Task(dataset=rivers(1), solver=[confidence_target(0.75), generate()], scorer=match())
    log = run(task, server, "river1", tmp_path=tmp_path)
    (sample,) = log.samples or []
    assert [message.role for message in sample.messages] == ["user", "assistant"]
    assert sample.messages[0].text.startswith("Name river 1.\n\n")
    assert WORDS in sample.messages[0].text


def test_the_last_step_asks_too(server: ChatServer, tmp_path: Path) -> None:
    """As the whole solver it asks the model itself: multiple choice where there are choices, with the target last."""
    task = Task(
        dataset=[Sample(input="Which barks?", choices=["cat", "dog"], target="B")],
        solver=confidence_target(0.75),
        scorer=choice(),
    )
    log = run(task, server, "ANSWER: B", tmp_path=tmp_path)
    (prompt,) = prompts_of(log)
    assert "B) dog" in prompt
    assert prompt.index("B) dog") < prompt.index(WORDS)
    assert metrics_of(log, "choice")["accuracy"] == 1.0


def test_no_target_changes_nothing(server: ChatServer, tmp_path: Path) -> None:
    """None, or "none" from a command line, leaves the prompt as it is."""
    for nothing in (None, "none"):
        log = run(
            Task(dataset=rivers(1), solver=confidence_target(nothing), scorer=match()), server, "x", tmp_path=tmp_path
        )
        assert prompts_of(log) == ["Name river 1."]


def test_the_wording_can_be_ones_own(server: ChatServer, tmp_path: Path) -> None:
    """A wording is one of evalkit's, or words of one's own around the question or in the system message."""
    wording = "At {threshold}: {question} (a mistake costs {penalty})"
    task = Task(dataset=rivers(1), solver=confidence_target(0.5, wording), scorer=match())
    assert prompts_of(run(task, server, "x", tmp_path=tmp_path)) == ["At 0.5: Name river 1. (a mistake costs 1)"]
    steps = [system_message("Be brief."), confidence_target(0.9, "system:\nA mistake costs {penalty}."), generate()]
    log = run(Task(dataset=rivers(1), solver=steps, scorer=match()), server, "x", tmp_path=tmp_path)
    (sample,) = log.samples or []
    assert [message.text for message in sample.messages[:2]] == ["Be brief.\n\nA mistake costs 9.", "Name river 1."]
    with pytest.raises(InputError, match="no placeholder"):
        confidence_target(0.5, "at {p}")
    with pytest.raises(ValueError, match="out of range"):
        confidence_target(1.0)


def test_a_value_is_kept_beside_its_outcome(server: ChatServer, tmp_path: Path) -> None:
    """Inspect's value, answer and explanation stay; metadata says correct, error or IDK, and of which kind."""
    task = Task(dataset=rivers(4), solver=[confidence_target(0.75), generate()], scorer=three_way(match()))
    log = run(task, server, "river1", "river9", "I don't know.", "I cannot help with that request.", tmp_path=tmp_path)
    assert outcomes_of(log) == ["correct", "error", "idk", "idk"]
    scores = [sample.scores["three_way"] for sample in log.samples or []]
    assert [score.value for score in scores] == ["C", "I", "I", "I"]
    kinds = [score.metadata["evalkit"]["non_answer"] for score in scores]
    assert kinds == [None, None, "abstained", "refusal"]
    found = metrics_of(log)
    assert found["threshold_score"] == pytest.approx((1 - 3) / 4)
    assert found["coverage"] == 0.5
    assert found["idk_rate"] == 0.5
    assert found["accuracy_given_attempted"] == 0.5


def test_metrics_are_right_under_every_reducer(server: ChatServer, tmp_path: Path) -> None:
    """Epochs are averaged within a sample, whatever reducer the task has: none turns an IDK into a mistake."""
    answers = ["river1", "I don't know.", "river9", "I don't know.", "I don't know.", "river2"]
    for reducer in ("mean", "mode", "max", "at_least_2", "pass_at_1"):
        task = Task(
            dataset=rivers(2), solver=[confidence_target(0.5), generate()], scorer=three_way(match()),
            epochs=inspect_ai.Epochs(3, reducer),
        )  # fmt: skip
        log = run(task, server, *answers, tmp_path=tmp_path)
        counts = metrics_of(log)
        assert (counts["correct"], counts["error"], counts["idk"]) == (2, 1, 3)
        assert counts["threshold_score"] == pytest.approx((2 - 1) / 6)
        assert counts["idk_rate"] == pytest.approx(3 / 6)


def _halves() -> Scorer:
    """Half a point for each answer, and nothing for the second sample: its judge has failed."""

    async def score(state: TaskState, target: Target) -> Score:  # noqa: ARG001 - Inspect's signature
        return Score.unscored(reason="grader_failed") if state.sample_id == 2 else Score(value=0.5)

    return score


halves = scorer(metrics=[mean()], name="halves")(_halves)


def test_what_has_no_verdict_is_in_no_metric(server: ChatServer, tmp_path: Path) -> None:
    """An unscored sample is missing; so is a number on a scale without a mark to pass."""
    log = run(Task(dataset=rivers(2), solver=generate(), scorer=three_way(halves())), server, "a", tmp_path=tmp_path)
    assert outcomes_of(log) == ["missing", "missing"]
    assert metrics_of(log)["coverage"] != metrics_of(log)["coverage"]  # NaN
    passed = Task(dataset=rivers(2), solver=generate(), scorer=three_way(halves(), pass_mark=0.5))
    log = run(passed, server, "a", tmp_path=tmp_path)
    assert outcomes_of(log) == ["correct", "missing"]
    assert metrics_of(log)["t=0.75"] == 1.0


def _parts() -> Scorer:
    """Two values a score."""

    async def score(state: TaskState, target: Target) -> Score:  # noqa: ARG001 - Inspect's signature
        return Score(value={"style": 0, "fact": 1})

    return score


parts = scorer(metrics={"*": [mean()]}, name="parts")(_parts)


def test_of_several_values_one_has_to_be_named(server: ChatServer, tmp_path: Path) -> None:
    """A score of several values is no verdict until one of them is named."""
    log = run(Task(dataset=rivers(1), scorer=three_way(parts())), server, "a", tmp_path=tmp_path, status="error")
    assert "give key= one of: parts.style, parts.fact" in str(log.error)
    log = run(Task(dataset=rivers(1), scorer=three_way(parts(), key="fact")), server, "a", tmp_path=tmp_path)
    assert outcomes_of(log) == ["correct"]


def test_plain_scores_have_metrics_too() -> None:
    """Without three_way the metrics read Inspect's marks: C, I, P and N."""
    values = ["C", "I", "P", "N"]
    scores = [SampleScore(score=Score(value=value), sample_id=k) for k, value in enumerate(values)]
    assert threshold_score(0.5)(scores) == pytest.approx((1 - 1) / 4)


def test_rescoring_the_log_gives_the_same(server: ChatServer, tmp_path: Path) -> None:
    """`evalkit rescore` finds the outcomes that the log holds, the stated target, and the score Inspect printed."""
    dataset = [Sample(input=f"Question {k}?", choices=["one", "two"], target="A", id=k) for k in range(1, 5)]
    answers = [
        "ANSWER: A",
        "ANSWER: B",
        "I don't know.",
        "",
        "hm, one of them",
        "ANSWER: A",
        "I can't say.",
        "ANSWER: B",
    ]
    task = Task(
        dataset=dataset, solver=[confidence_target(0.75), multiple_choice()], scorer=three_way(choice()), epochs=2
    )
    log = run(task, server, *answers, tmp_path=tmp_path / "logs")
    result = evalkit.rescore(log.location, out=tmp_path)
    (card,) = result.scorecards
    found = metrics_of(log)
    assert card.prompt_threshold == 0.75
    assert card.scores[0].value == pytest.approx(found["threshold_score"], abs=1e-12)
    assert (card.correct, card.error, card.idk) == tuple(found[key] for key in ("correct", "error", "idk"))
    read = {(r.sample_id, r.epoch): str(r.grade.outcome) for r in journal.read_records(result.folder)}
    assert read == {
        (str(sample.id), sample.epoch): sample.scores["three_way"].metadata["evalkit"]["outcome"]
        for sample in log.samples or []
    }


def test_a_log_made_without_evalkit_is_scored_afterwards(server: ChatServer, tmp_path: Path) -> None:
    """Appended to a log, three_way wraps the score that is there."""
    log = run(Task(dataset=rivers(3), scorer=match()), server, "river1", "no idea", "river7", tmp_path=tmp_path)
    scored = inspect_score(log, three_way(), action="append", display="none")
    assert outcomes_of(scored) == ["correct", "idk", "error"]
    assert metrics_of(scored)["t=0.5"] == pytest.approx(0.0)


def test_a_target_after_the_answer_is_an_error(server: ChatServer, tmp_path: Path) -> None:
    """A target stated after the model was asked would change nothing."""
    task = Task(dataset=rivers(1), solver=[generate(), confidence_target(0.5), generate()], scorer=match())
    log = run(task, server, "a", tmp_path=tmp_path, status="error")
    assert "put it before" in str(log.error)


def inspect_command(*arguments: str, folder: Path) -> str:
    """Run Inspect's command line in a folder."""
    environment = {**os.environ, "INSPECT_DISPLAY": "plain", "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-m", "inspect_ai", *arguments], cwd=folder, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_inspects_command_line(server: ChatServer, tmp_path: Path) -> None:
    """A task that knows nothing of evalkit runs with the solver, its log is scored, and another task wraps it."""
    (tmp_path / "rivers.py").write_text(TASK)
    server.answer = lambda _: said("I don't know.")
    ask = ("--model", MODEL, "--log-format", "json")
    inspect_command("eval", "rivers.py", "--solver", "evalkit/confidence_target", "-S", "t=0.75", *ask, folder=tmp_path)
    (path,) = (tmp_path / "logs").glob("*.json")
    log = json.loads(path.read_text())
    assert WORDS in log["samples"][0]["messages"][0]["content"]
    output = inspect_command(
        "score", str(path), "--scorer", "evalkit/three_way", "--action", "append", "--overwrite", folder=tmp_path
    )
    assert "threshold_score" in output
    wrapped = ("evalkit/with_confidence_target", "-T", "task=rivers.py", "-T", "t=0.75", "-T", "shown=1")
    inspect_command("eval", *wrapped, *ask, "--log-dir", "wrapped", folder=tmp_path)
    (path,) = (tmp_path / "wrapped").glob("*.json")
    log = json.loads(path.read_text())
    (sample,) = log["samples"]
    assert [message["role"] for message in sample["messages"]] == ["system", "user", "assistant"]
    assert WORDS in sample["messages"][1]["content"]
    assert log["eval"]["task"] == "rivers"
    assert sample["scores"]["three_way"]["metadata"]["evalkit"]["prompt_threshold"] == 0.75
