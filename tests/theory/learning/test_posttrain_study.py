"""What `theory posttrain` says of models that are there already; needs no training."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from toys import SMALLEST, write_untrained

from evalkit import plot
from evalkit.theory import learning
from evalkit.theory.learning.checkpoint import Checkpoint
from evalkit.theory.learning.posttrain_study import PosttrainStudy
from evalkit.theory.learning.settings import PosttrainSettings, TrainSettings

THRESHOLD = PosttrainSettings(reward="threshold")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a pretrained model and two that stand for post-trained ones."""
    origin = write_untrained(tmp_path)
    for settings in (THRESHOLD, PosttrainSettings(reward="fixed", target=0.75)):
        write_posttrained(origin, settings, tmp_path)
    return tmp_path


def write_posttrained(
    origin: Checkpoint, settings: PosttrainSettings, folder: Path, text: TrainSettings = SMALLEST
) -> None:
    """Write a model that says IDK more often than its origin, as if a reward had taught it to."""
    name = settings.reward if settings.target is None else f"{settings.reward}-{settings.target:g}"
    parameters = {key: value.copy() for key, value in origin.parameters.items()}
    parameters["bias"][-1] += 3
    Checkpoint(name, text, settings, parameters).save(folder)


def ask(folder: Path) -> PosttrainStudy:
    """Measure the models of a folder."""
    return learning.posttrain(THRESHOLD, folder=folder, questions=100)


def test_all_models_of_a_folder_stand_side_by_side(folder: Path) -> None:
    """A column a model: the pretrained one, then those post-trained from it, and a row a model and stated target."""
    study = ask(folder)
    assert list(study.columns()) == ["pretrained", "fixed-0.75", "threshold"]
    assert len(study.to_dataframe()) == 15
    assert study.after.behaviors[0].idk > study.before.behaviors[0].idk
    assert study.to_dict()["models"]["threshold"]["digest"] == study.after.digest


def test_models_of_another_text_and_unfinished_ones_are_left_out(folder: Path) -> None:
    """A model of another text has never read about these people; a state to resume from is no model."""
    origin = write_untrained(folder)
    write_posttrained(origin, PosttrainSettings(reward="binary"), folder, dataclasses.replace(SMALLEST, seed=1))
    (folder / "binary.unfinished.npz").write_bytes(b"half")
    assert "binary" not in ask(folder).models


def test_it_says_what_idk_costs_at_t_0(folder: Path) -> None:
    """Never saying IDK earns more at t = 0: the difference is printed, and the score of the binary model if there."""
    study = ask(folder)
    zero = study.after.behaviors[1]
    (cost,) = [one for one in study.sentences() if one.startswith("Stated t = 0")]
    assert f"costs it {zero.guessing_score - zero.score:.4f} points" in cost
    assert "binary" not in cost
    write_posttrained(write_untrained(folder), PosttrainSettings(reward="binary"), folder)
    (cost,) = [one for one in ask(folder).sentences() if one.startswith("Stated t = 0")]
    assert "the model rewarded as binary scores" in cost


def test_three_models_fit_eighty_columns(folder: Path) -> None:
    """No table becomes a block a row, so models stay beside each other."""
    lines = ask(folder).text(80).splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.split()[:4] == ["t", "model", "coverage", "accuracy"] for line in lines)
    assert any(line.split() == ["probability", "pretrained", "fixed-0.75", "threshold"] for line in lines)


def test_figure_draws_answers_reliability_and_scores(folder: Path) -> None:
    """Three panels of all models; the shares of the answers of each sum to 1, and the scores are the study's."""
    pytest.importorskip("altair", reason="the plot extra is not installed")
    study = ask(folder)
    figure = plot(study)
    figure.save(folder / "figure.svg")
    frame = figure.to_dataframe()
    shares = frame.dropna(subset=["answer"]).groupby("model")["share"].sum()
    assert sorted(shares.index) == sorted(study.models)
    assert np.allclose(shares, 1)
    scores = frame.dropna(subset=["t"])
    drawn = set(zip(scores["model"], scores["t"], scores["score"], strict=True))
    assert drawn == {(name, one.target, one.score) for name, two in study.models.items() for one in two.behaviors[1:]}
