"""A study: models × wordings × targets × epochs in one command, of which nothing is asked twice."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from loopback import ChatServer
from own_task import own_task

import evalkit
from evalkit.cli import cli
from evalkit.errors import InputError, UsageError
from evalkit.report.plot import plot
from evalkit.runs.folder import runs_below
from evalkit.runs.journal import read_records
from evalkit.studies.matrix import make_matrix
from evalkit.studies.study_file import make_study, read_study

SAMPLES = "[Sample(id=str(k), input=f'{k} + 1?', target=str(k + 1)) for k in range(6)]"


def study(folder: Path, server: ChatServer, more: str = "", models: tuple[str, ...] = ("a", "b")) -> Path:
    """Write a study of models behind the loopback server."""
    task = own_task(folder, SAMPLES)
    tables = "".join(f'[[models]]\nmodel = "{name}"\nbase_url = "{server.url}"\n' for name in models)
    path = folder / "sums.toml"
    path.write_text(f'tasks = ["{task}"]\n{more}\n{tables}', encoding="utf-8")
    return path


def run(path: Path, *more: str) -> Result:
    """`evalkit run FILE`, beside the file."""
    return CliRunner().invoke(cli, ["run", str(path), "--out", str(path.parent / "results"), *more])


def asked(server: ChatServer) -> int:
    """How many questions have come since the last call."""
    n = len(server.requests)
    server.requests.clear()
    return n


def test_a_matrix_is_made_in_one_command_and_only_once(server: ChatServer, tmp_path: Path) -> None:
    """2 models × 2 wordings × 2 targets × 2 epochs × 6 samples; a further target asks only that."""
    more = 'thresholds = [0.5, 0.75]\nwordings = ["paper", "points"]\nepochs = 2'
    path = study(tmp_path, server, more)
    result = run(path)
    assert result.exit_code == 0, result.output
    assert asked(server) == 2 * 2 * 2 * 2 * 6
    assert "target stated (open)" in result.stdout
    runs = runs_below(tmp_path / "results" / "sums")
    assert [folder.name for folder in runs] == ["a-paper", "a-points", "b-paper", "b-points"]
    assert run(path).exit_code == 0
    assert asked(server) == 0
    run(study(tmp_path, server, more.replace("0.75]", "0.75, 0.9]")))
    assert asked(server) == 2 * 2 * 1 * 2 * 6
    for folder in runs:
        records = Counter(record.key for record in read_records(folder))
        assert (len(records), set(records.values())) == (3 * 2 * 6, {1})


def test_more_samples_and_epochs_extend_the_runs_in_place(server: ChatServer, tmp_path: Path) -> None:
    """Each asks only what is new."""
    run(study(tmp_path, server, "limit = 2\nepochs = 2"))
    assert asked(server) == 2 * 2 * 2
    run(study(tmp_path, server, "limit = 3\nepochs = 2"))
    assert asked(server) == 2 * 1 * 2
    run(study(tmp_path, server, "epochs = 3"))
    assert asked(server) == 2 * (6 * 3 - 3 * 2)
    files = [folder / "run.json" for folder in runs_below(tmp_path / "results")]
    before = [path.stat().st_mtime_ns for path in files]
    run(study(tmp_path, server, "epochs = 3"))
    assert [path.stat().st_mtime_ns for path in files] == before  # finished runs stay as they are
    assert len(runs_below(tmp_path / "results")) == 2


def test_other_settings_make_another_run(server: ChatServer, tmp_path: Path) -> None:
    """The earlier one stays as it is."""
    run(study(tmp_path, server))
    run(study(tmp_path, server, 'system = "Be brief."'))
    names = [folder.name for folder in runs_below(tmp_path / "results" / "sums")]
    assert names == ["a", "a-2", "b", "b-2"]


def test_several_models_on_the_command_line_make_a_study(server: ChatServer, tmp_path: Path) -> None:
    """None is dropped in silence."""
    arguments = ["--task", own_task(tmp_path, SAMPLES), "--base-url", server.url, "--out", str(tmp_path / "results")]
    result = CliRunner().invoke(cli, ["run", "--model", "a", "--model", "b,c", "--name", "three", *arguments])
    assert result.exit_code == 0, result.output
    names = [folder.name for folder in runs_below(tmp_path / "results" / "three")]
    assert names == ["a", "b", "c"]
    assert asked(server) == 3 * 6


def test_settings_of_a_model_come_before_those_of_all() -> None:
    """And labels name its runs on boards."""
    content = {
        "tasks": ["letters"], "temperature": 0.2, "thresholds": ["none", 0.5], "wordings": ["paper", "exam"],
        "models": ["baseline/idk", {"model": "baseline/guess", "temperature": 0.9, "label": "coin"}],
    }  # fmt: skip
    runs = make_matrix(make_study(content, "here"))
    assert [(run.name, run.label, run.config.temperature) for run in runs] == [
        ("baseline-idk-paper", "", 0.2), ("baseline-idk-exam", "", 0.2),
        ("coin-paper", "coin", 0.9), ("coin-exam", "coin", 0.9),
    ]  # fmt: skip
    assert runs[0].config.thresholds == [None, 0.5]


@pytest.mark.parametrize("ending", ["toml", "yaml", "json"])
def test_a_study_is_written_as_toml_yaml_or_json(ending: str, tmp_path: Path) -> None:
    """Paths in it are relative to it."""
    texts = {
        "toml": 'tasks = ["t.py"]\nthresholds = ["none", 0.5]\nmodels = ["baseline/idk"]\nwordings = ["w.txt"]\n',
        "yaml": "tasks: [t.py]\nthresholds: [none, 0.5]\nmodels: [baseline/idk]\nwordings: [w.txt]\n",
        "json": '{"tasks": ["t.py"], "thresholds": [null, 0.5], "models": ["baseline/idk"], "wordings": ["w.txt"]}',
    }
    own_task(tmp_path, SAMPLES)
    (tmp_path / "w.txt").write_text("It costs {penalty}.", encoding="utf-8")
    path = tmp_path / f"study.{ending}"
    path.write_text(texts[ending], encoding="utf-8")
    (one,) = make_matrix(read_study(path))
    assert one.config.tasks == [str(tmp_path / "t.py")]
    assert one.config.thresholds == [None, 0.5]
    assert one.config.stated_in.text == "It costs {penalty}."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models = [", "cannot be read as toml"),
        ('tasks = ["letters"]', "models: Field required"),
        ("models = []", "models: "),
        ('models = ["baseline/idk"]\nthreshold = [0.5]', "threshold in the top is no setting; available: adaptive"),
        ('[[models]]\nmodel = "baseline/idk"\ntemprature = 1', "temprature in models.baseline/idk is no setting"),
        ('models = ["baseline/idk"]\nthresholds = [2.0]', "baseline/idk: thresholds"),
        ('models = ["baseline/idk", "baseline/idk"]', "two models of the study are called baseline-idk; give each"),
        ('models = ["baseline/idk"]\nwordings = ["nosuch"]\nthresholds = [0.5]', "no wording 'nosuch'"),
    ],
)
def test_a_faulty_study_is_one_line(text: str, said: str, tmp_path: Path) -> None:
    """Which names the field, before anything is asked."""
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    result = run(path)
    assert isinstance(result.exception, (InputError, UsageError))
    assert said in str(result.exception)
    assert "\n" not in str(result.exception)


def test_settings_beside_a_study_file_are_refused(server: ChatServer, tmp_path: Path) -> None:
    """They would be a second place for the same thing."""
    result = run(study(tmp_path, server), "--threshold", "0.5")
    assert "the settings of a study stand in" in str(result.exception)
    assert "no study file" in str(run(tmp_path / "nosuch.toml").exception)


def test_a_dry_run_shows_the_matrix_and_a_whole_prompt_of_each_condition(server: ChatServer, tmp_path: Path) -> None:
    """With roles; nothing is sent, and nothing is made."""
    path = study(tmp_path, server, 'thresholds = ["none", 0.5]\nwordings = ["points"]\nsystem = "Be brief."')
    shown = run(path, "--dry-run").stdout
    assert asked(server) == 0
    assert not (tmp_path / "results").exists()
    assert shown.count("system: Be brief.") == 2
    assert "user: 0 + 1?" in shown
    assert "a mistake costs 1 points" in shown
    assert "2 runs: 24 calls in all" in shown
    document = json.loads(run(path, "--dry-run", "--json").stdout)
    assert (document["calls"], len(document["runs"])) == (24, 2)


def test_one_model_that_fails_does_not_stop_the_others(server: ChatServer, tmp_path: Path) -> None:
    """It is named at the end with the command that tries again; exit code 3."""
    path = study(tmp_path, server)
    path.write_text(path.read_text(encoding="utf-8").replace('model = "b"', 'model = "local/nosuch.gguf"'), "utf-8")
    path.write_text(path.read_text(encoding="utf-8").replace(f'gguf"\nbase_url = "{server.url}"', 'gguf"'), "utf-8")
    result = run(path)
    assert result.exit_code == 3
    assert "local-nosuch.gguf is not finished: no local model" in result.stderr
    assert f"evalkit run --resume {tmp_path / 'results' / 'sums'}" in result.stderr
    assert asked(server) == 6


@pytest.mark.parametrize("label", ["", "mine"])
def test_the_open_board_labels_both_wordings_and_the_closed_board_has_one_row(
    label: str, server: ChatServer, tmp_path: Path
) -> None:
    """A prompt that states no target is the same in every wording: its answers are those of one condition."""
    path = study(tmp_path, server, 'thresholds = ["none", 0.5]\nwordings = ["paper", "points"]', models=("a",))
    if label:
        path.write_text(path.read_text(encoding="utf-8") + f'label = "{label}"\n', encoding="utf-8")
    document = json.loads(run(path, "--json").stdout)
    rows: dict[str, set[str]] = {}
    for row in document["ranking"]:
        if row["model"] == "a":
            rows.setdefault(row["mode"], set()).add(row["condition"])
    assert rows["closed"] == {label}
    assert rows["open"] == {", ".join(filter(None, [label, f"wording={name}"])) for name in ("paper", "points")}
    closed = [card for card in document["scorecards"] if card["prompt_threshold"] is None]
    assert [card["n"] for card in closed] == [6]
    assert asked(server) == 3 * 6


def test_a_figure_labels_both_wordings_and_draws_plain_answers_once(server: ChatServer, tmp_path: Path) -> None:
    """One line for the prompts that state no target, points for each wording."""
    run(study(tmp_path, server, 'thresholds = ["none", 0.5]\nwordings = ["paper", "points"]', models=("a",)))
    frame = plot("score", tmp_path / "results" / "sums").to_dataframe()
    names = {str(name) for column in frame.columns for name in frame[column] if str(name).startswith("a")}
    assert {"a", "a [wording=paper]", "a [wording=points]"} <= names
    records = evalkit.load(tmp_path / "results" / "sums")
    plain = records[records["prompt_threshold"].isna()]
    assert set(plain["label"]) == {""}
    assert len(set(plain["condition"])) == 1


def test_without_a_cache_plain_answers_of_both_wordings_are_epochs(server: ChatServer, tmp_path: Path) -> None:
    """They answer the same prompt: one row, each question with two answers."""
    more = 'thresholds = ["none", 0.5]\nwordings = ["paper", "points"]'
    document = json.loads(run(study(tmp_path, server, more, models=("a",)), "--json", "--cache", "off").stdout)
    closed = [card for card in document["scorecards"] if card["prompt_threshold"] is None]
    assert [(card["n"], card["items"]) for card in closed] == [(12, 6)]


@pytest.mark.slow
def test_a_study_that_is_killed_ten_times_asks_nothing_twice(server: ChatServer, tmp_path: Path) -> None:
    """At most the requests under way at each kill, although both wordings share the prompts without a target."""
    server.delay = 0.02
    more = (
        'thresholds = ["none", 0.5]\nwordings = ["paper", "points"]\nmax_connections = 4\nadaptive = false\nepochs = 4'
    )
    path = study(tmp_path, server, more)
    command = [sys.executable, "-m", "evalkit", "run", str(path), "--out", str(tmp_path / "results")]
    draw, kills = random.Random(0), 0
    for _ in range(10):
        before = len(server.requests)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wanted = before + draw.randrange(1, 24)
        while process.poll() is None and len(server.requests) < wanted:
            time.sleep(0.005)
        if process.poll() is None:
            process.kill()
            kills += 1
        process.wait()
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    needed, planned = 2 * 3 * 4 * 6, 2 * 2 * 2 * 4 * 6  # prompts without a target are asked once for both wordings
    assert kills > 1
    assert needed <= asked(server) <= needed + kills * 2 * 4
    records: Any = [(folder, one.key) for folder in runs_below(tmp_path / "results") for one in read_records(folder)]
    assert len(records) == len(set(records)) == planned
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert asked(server) == 0
