"""Toy models without training: random weights in a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from evalkit.theory.learning.checkpoint import PRETRAINED, Checkpoint
from evalkit.theory.learning.network import make_parameters
from evalkit.theory.learning.settings import TrainSettings

SMALLEST = TrainSettings(n=60, people=30, width=16, layers=1, epochs=2, batch=16)


def write_untrained(folder: Path, settings: TrainSettings = SMALLEST) -> Checkpoint:
    """Write a model with large random weights, so that its answers to different people differ."""
    parameters = make_parameters(settings, np.random.default_rng(5))
    parameters["output"] *= 60
    model = Checkpoint(PRETRAINED, settings, None, parameters)
    model.save(folder)
    return model
