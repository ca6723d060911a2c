"""What commands measure can be had from Python: a value that prints, shows itself in a notebook, and is a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from loopback import ChatServer, question_of

import evalkit
from evalkit import theory
from evalkit.cli import cli
from evalkit.display import Printable
from evalkit.errors import InputError, UsageError
from evalkit.report.figures import Figure


def check(result: Printable, *words: str) -> None:
    """Text, HTML, table and plain data of a result."""
    text = str(result)
    assert all(word in text for word in words), text
    assert "<table>" in result._repr_html_()
    assert len(result.to_dataframe()) > 0
    assert json.dumps(result.to_dict())


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A guess and its abstaining twin on the same questions."""
    out = tmp_path_factory.mktemp("runs")
    models = ("baseline/guess", "baseline/idk")
    return [
        str(evalkit.run(model=model, tasks=["letters"], limit=20, thresholds=[None, 0.5], out=out).folder)
        for model in models
    ]


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (lambda: theory.measure_bounds(model="sharp", seed=3), ["err_iiv", "Theorem 1"]),
        (lambda: theory.measure_facts(n=300), ["singleton rate", "date read 0×"]),
        (lambda: theory.measure_ngrams(10), ["from n = 9 on it does not"]),
        (lambda: theory.measure_hardness(messages=16), ["errs on 93.8%"]),
    ],
)
def test_quantities_of_the_theory(result: Any, words: list[str]) -> None:
    """A row a quantity, with its value and its meaning."""
    study = result()
    check(study, *words)
    assert list(study.to_dataframe().columns) == ["quantity", "value", "meaning"]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: theory.measure_bounds(responses=1), "responses=1"),
        (lambda: theory.measure_facts(alpha=1.5), "alpha=1.5"),
        (lambda: theory.measure_ngrams(0), "orders=0"),
        (lambda: theory.measure_hardness(messages=1), "messages=1"),
    ],
)
def test_arguments_out_of_range_are_named(call: Any, says: str) -> None:
    """As Python names them."""
    with pytest.raises(ValueError, match=says):
        call()


def test_the_command_prints_what_the_function_returns() -> None:
    """No more and no less: `--json` is `to_dict()`, the screen is the value's text."""
    study = theory.measure_facts(n=300, seed=5)
    argv = ["theory", "facts", "--n", "300", "--seed", "5"]
    assert json.loads(CliRunner().invoke(cli, [*argv, "--json"]).output) == json.loads(json.dumps(study.to_dict()))
    assert CliRunner().invoke(cli, argv, env={"COLUMNS": ""}).output == f"{study}\n"


def test_sizes_of_a_comparison(runs: list[str]) -> None:
    """Two runs: a row a task, threshold and mode; fewer questions are needed for a larger effect."""
    sizes = evalkit.power(*runs, thresholds=[0.5])
    check(sizes, "letters", "not stated", "standard deviation of the difference")
    assert set(sizes.to_dataframe()["mode"]) == {"open", "closed"}
    small, large = (evalkit.power(*runs, thresholds=[0.5], effect=effect).rows[0].needed for effect in (0.1, 0.5))
    assert small is not None
    assert large is not None
    assert small > large


def test_sizes_of_an_interval() -> None:
    """From shares alone; N needs fewer questions than S where a mistake costs more."""
    sizes = evalkit.power(accuracy=0.4, error=0.2, thresholds=[0, 0.9])
    check(sizes, "± 0.02", "2,305")
    assert sizes.rows[0].score == sizes.rows[0].normalized
    assert sizes.rows[1].score > sizes.rows[1].normalized


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        ([], {}),
        (["a"], {}),
        ([], {"accuracy": 0.7, "error": 0.6}),
        ([], {"accuracy": 0.4, "error": 0.2, "half_width": 0}),
        (["a", "b"], {"power": 1}),
        ([], {"accuracy": 0.4, "error": 0.2, "thresholds": [1]}),
    ],
)
def test_sizes_of_nothing_are_refused(arguments: list[str], settings: dict[str, Any]) -> None:
    """In one line."""
    with pytest.raises(UsageError):
        evalkit.power(*arguments, **settings)


def test_a_hostile_name_of_a_task_is_text_in_every_result(tmp_path: Path) -> None:
    """The terminal obeys no escape sequence that a task or a run is named with."""
    (tmp_path / "t.py").write_text(
        "from evalkit import Sample, Task, task\n"
        "@task\ndef named() -> Task:\n"
        "    samples = [\n"
        "        Sample(id=str(k), input=f'{k}?', target=str(k), metadata={'stratum': '[red]x[/red] :smile:'})\n"
        "        for k in range(5)\n"
        "    ]\n"
        "    return Task(name='\\x1b[2Jtask', samples=samples, grader='count', responses=lambda _: ['0', '1', '2'])\n",
        encoding="utf-8",
    )
    name = f"{tmp_path / 't.py'}::named"
    folders = [evalkit.run(model=f"baseline/{m}", tasks=[name], out=tmp_path / "r").folder for m in ("guess", "idk")]
    a, b = map(str, folders)
    for argv in (
        ["power", a, b],
        ["compare", a, b],
        ["show", a, "--strata"],
        ["show", a, "--records"],
        ["audit", "--task", name],
    ):
        done = CliRunner().invoke(cli, argv)
        assert done.exit_code == 0, done.output
        assert "\x1b" not in done.output
    assert "[red]x[/red] :smile:" in CliRunner().invoke(cli, ["show", a, "--strata"]).output
    assert "\x1b" not in str(evalkit.power(a, b))
    assert "\\x1b[2Jtask" in str(evalkit.power(a, b))


def test_a_figure_is_saved_shown_and_read(runs: list[str], tmp_path: Path) -> None:
    """`evalkit.plot` returns the chart: it saves itself, is an image in a notebook, and its numbers are a table."""
    pytest.importorskip("vl_convert")
    figure = evalkit.plot("score", *runs)
    figure.save(tmp_path / "f.svg")
    figure.save(str(tmp_path / "f.png"))
    assert (tmp_path / "f.svg").read_text(encoding="utf-8").startswith("<svg")
    assert "data:image/svg+xml;base64," in figure._repr_html_()
    assert "no target (closed)" in str(figure)
    assert {"model", "t", "value"} <= set(figure.to_dataframe().columns)
    only = evalkit.plot("outcomes", *runs, models=["baseline/idk"])
    assert "baseline/guess" not in only.svg()
    with pytest.raises(UsageError, match="unknown figure 'pie'; known: score, coverage"):
        evalkit.plot("pie", *runs)
    with pytest.raises(InputError, match="no answer of model 'nosuch'; there are baseline/guess, baseline/idk"):
        evalkit.plot("score", *runs, models=["nosuch"])


@pytest.mark.parametrize(
    "study",
    [theory.measure_bounds, theory.measure_ngrams, theory.measure_hardness, lambda: theory.measure_facts(n=100)],
)
def test_a_study_is_drawn(study: Any) -> None:
    """By the same function."""
    pytest.importorskip("vl_convert")
    figure = evalkit.plot(study())
    assert isinstance(figure, Figure)
    assert "<svg" in figure.svg()


def test_the_open_rubric_experiment_from_python(server: ChatServer, tmp_path: Path) -> None:
    """One call, a list of models or one name; its table has a row a cell, and it can be drawn."""
    pytest.importorskip("vl_convert")
    server.answer = lambda _: "1"
    result = evalkit.open_rubric("m", task="letters", limit=5, base_url=server.url, out=tmp_path)
    check(result, "closed, asked twice", "Never answering earns 0")
    assert len(result.to_dataframe()) == 4 * 4
    assert "<svg" in evalkit.plot(result).svg()
    again = evalkit.open_rubric(resume=result.experiment.folder)
    assert again.to_dict() == result.to_dict()
    with pytest.raises(UsageError, match="leave out --model"):
        evalkit.open_rubric("m", resume=tmp_path)


def test_asking_what_is_valid_from_python(server: ChatServer, tmp_path: Path) -> None:
    """A row a model and share; who says yes to everything calls every wrong answer valid."""
    server.answer = lambda body: "Yes" if "Proposed answer" in question_of(body) else "1"
    result = evalkit.ask_is_it_valid("m", limit=5, base_url=server.url, out=tmp_path)
    check(result, "calls wrong answers valid", "100.0%")
    frame = result.to_dataframe().set_index("share")
    assert frame.loc["false_positives", "value"] == 1
    assert frame.loc["false_negatives", "value"] == 0
    with pytest.raises(UsageError, match="given twice"):
        evalkit.ask_is_it_valid(["m", "m"], base_url=server.url, out=tmp_path)
