"""Training proper, on a text of a few sentences; it needs the `train` extra."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("jax", reason="the train extra is not installed")

from evalkit.cli.theory import command
from evalkit.errors import RunInterruptedError, UsageError
from evalkit.theory import learning
from evalkit.theory.learning.checkpoint import load
from evalkit.theory.learning.network import logits, prompt_tokens
from evalkit.theory.learning.settings import PosttrainSettings, Reward, TrainSettings

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

TEXT = TrainSettings(n=600, people=120, width=32, epochs=40, batch=50, decay=0.1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trained model."""
    where = tmp_path_factory.mktemp("toy")
    learning.train(TEXT, folder=where, questions=300)
    return where


def rewarded(reward: Reward, **more: Any) -> PosttrainSettings:
    """Settings of a short post-training."""
    return PosttrainSettings(reward=reward, steps=120, questions=64, **more)


def test_model_knows_what_it_read_often_and_errs_about_what_it_never_read(folder: Path) -> None:
    """Trained on a short text, it gives the dates read ten times, and invents those never read; the bound holds."""
    study = learning.train(TEXT, folder=folder, questions=300)
    groups = {group.seen: group for group in study.behavior.groups}
    assert groups["10 and more"].right > 0.6
    assert groups["0"].right < 0.05
    assert groups["0"].error > 0.4
    assert study.behavior.wrong >= study.reduction.bound_signed - 1e-9


def test_same_seed_gives_the_same_model(folder: Path, tmp_path: Path) -> None:
    """Training twice gives equal parameters, and post-training twice does."""
    again = learning.train(TEXT, folder=tmp_path, questions=300)
    assert again.digest == load(folder / "pretrained").digest
    short = dataclasses.replace(rewarded("threshold"), steps=5)
    first = learning.posttrain(short, folder=tmp_path, questions=50)
    (tmp_path / "threshold.npz").unlink()
    assert learning.posttrain(short, folder=tmp_path, questions=50) == first
    other = learning.train(dataclasses.replace(TEXT, seed=1, epochs=1), folder=tmp_path / "other", questions=50)
    assert other.digest != again.digest


def test_interrupted_training_resumes_to_the_same_model(folder: Path, tmp_path: Path) -> None:
    """Stopped by Ctrl-C after some readings, the same call goes on from there and ends at the same parameters."""
    readings: list[str] = []

    def stop(note: str) -> None:
        readings.append(note)
        if len(readings) == 3:
            raise KeyboardInterrupt

    with pytest.raises(RunInterruptedError, match="same command resumes"):
        learning.train(TEXT, folder=tmp_path, notify=stop)
    left = [path.name for path in tmp_path.iterdir()]
    again: list[str] = []
    study = learning.train(TEXT, folder=tmp_path, questions=50, notify=again.append)
    assert left == ["pretrained.unfinished.npz"]
    assert len(again) == TEXT.epochs - 3
    assert study.digest == load(folder / "pretrained").digest
    assert [path.name for path in tmp_path.iterdir()] == ["pretrained.npz"]


def test_killed_commands_resume_to_the_same_models(tmp_path: Path) -> None:
    """SIGKILL amid training and post-training: the same commands end at the models of a run in one go."""
    for part in ("killed", "whole"):
        out = ["--questions", "50", "--out", str(tmp_path / part)]
        training = ["train", "--n", "100", "--width", "8", *out]
        for arguments in (training, ["posttrain", "--reward", "binary", "--steps", "80", *out]):
            if part == "killed":
                _kill_after_progress(arguments)
            CliRunner().invoke(command, arguments, catch_exceptions=False)
    for name in ("pretrained", "binary"):
        assert load(tmp_path / "killed" / name).digest == load(tmp_path / "whole" / name).digest


def _kill_after_progress(arguments: list[str]) -> None:
    """Start a command, and kill it at its third note of progress."""
    with subprocess.Popen(
        [sys.executable, "-m", "evalkit", "theory", *arguments], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as process:
        assert process.stderr
        notes = [process.stderr.readline() for _ in range(3)]
        process.kill()
    assert process.returncode < 0
    assert b"raining" in notes[-1]


def test_folder_of_other_settings_is_not_overwritten(folder: Path) -> None:
    """A finished model of other settings is an error that names the file."""
    with pytest.raises(UsageError, match="other settings"):
        learning.train(dataclasses.replace(TEXT, seed=3), folder=folder)


def test_pretrained_model_reads_over_a_stated_target(folder: Path) -> None:
    """The text states no targets, so the pretrained model answers alike at each."""
    study = learning.posttrain(dataclasses.replace(rewarded("binary"), steps=1, seed=9), folder=folder, questions=50)
    (folder / "binary.npz").unlink()
    assert len({one.idk for one in study.before.behaviors}) == 1


def test_binary_reward_teaches_to_guess_and_threshold_reward_to_abstain(folder: Path) -> None:
    """Of people never read about and held out, one model says IDK less than before, the other at t = 0.9 more."""
    binary = learning.posttrain(rewarded("binary"), folder=folder, questions=300)
    threshold = learning.posttrain(rewarded("threshold"), folder=folder, questions=300)
    assert binary.after.behaviors[0].idk < 0.5 * binary.before.behaviors[0].idk
    high = threshold.after.behaviors[-1]
    assert high.score > max(threshold.before.behaviors[-1].score, binary.after.behaviors[-1].score)
    assert high.coverage < threshold.after.behaviors[1].coverage
    assert "rewards bluffing" in binary.sentences()[0]
    assert "−2.99 at t = 0.75" in threshold.sentences()[0]
    assert len(threshold.to_dataframe()) == 5 * len(threshold.models)


def test_fixed_reward_is_named_after_its_target(folder: Path) -> None:
    """A charge that is never stated makes a model of its own file, which says IDK more with no target stated."""
    study = learning.posttrain(rewarded("fixed", target=0.75), folder=folder, questions=300)
    assert study.model.endswith("fixed-0.75")
    assert study.after.behaviors[0].wrong < study.before.behaviors[0].wrong


def test_numpy_and_jax_compute_the_same_logits(folder: Path) -> None:
    """What is measured with NumPy is what JAX trained, to single precision."""
    import jax.numpy

    model = load(folder / "pretrained")
    tokens, names = prompt_tokens([None, 0.9]), model.codes[:2]
    ours = logits(np, model.exact, tokens, names.astype(float))
    theirs = logits(
        jax.numpy, {key: jax.numpy.asarray(value) for key, value in model.parameters.items()}, tokens, names
    )
    assert np.allclose(ours, theirs, atol=1e-3)


def test_commands_print_what_the_studies_measure(tmp_path: Path) -> None:
    """`theory train` and `theory posttrain` print one JSON document each, and name what they wrote."""
    given = ["--n", "60", "--width", "8", "--epochs", "1", "--questions", "40", "--out", str(tmp_path), "--json"]
    trained = CliRunner().invoke(command, ["train", *given], catch_exceptions=False)
    assert json.loads(trained.stdout)["model"] == str(tmp_path / "pretrained")
    posted = CliRunner().invoke(
        command, ["posttrain", "--reward", "binary", "--steps", "2", "--questions", "40", *given[-3:]]
    )
    assert json.loads(posted.stdout)["settings"]["steps"] == 2
    assert (tmp_path / "binary.npz").is_file()
