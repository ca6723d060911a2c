"""Settings of training and post-training, and the presets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TARGETS = (0.0, 0.5, 0.75, 0.9)
"""Confidence targets that post-training states; a model knows no others."""
Reward = Literal["binary", "threshold", "fixed"]
"""`binary`: 1 point for a right answer, else 0, whatever target is stated. `threshold`: a mistake costs t/(1 − t) at
the stated target t. `fixed`: the same at one t that is never stated."""


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """The text and the network; two models of equal settings are equal."""

    n: int
    """Sentences of the text, at least 10."""
    people: int
    """People who may be written about, at least 2."""
    alpha: float = 0.8
    """Share of sentences that give the date, in [0, 1]."""
    noise: float = 0.0
    """Share of dates in the text that are false, in [0, 1)."""
    deduplicate: bool = False
    """Read every sentence of the text once, however often it stands there."""
    seed: int = 0
    """Seed of text, network and order of reading, at least 0."""
    width: int
    """Size of a token's vector, a multiple of `HEADS`."""
    layers: int = 2
    """Number of transformer blocks, at least 1."""
    epochs: int
    """How often the text is read, at least 1."""
    batch: int = 128
    """Sentences a step, at least 1."""
    rate: float = 3e-3
    """Highest learning rate; it rises over the first steps and falls to 0 along a cosine."""
    decay: float = 0.3
    """Weight decay, which keeps the model from certainty about people it has never read about."""

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            ValueError: a number is out of range.
        """
        for name, least in {"n": 10, "people": 2, "layers": 1, "epochs": 1, "batch": 1, "seed": 0}.items():
            if getattr(self, name) < least:
                raise ValueError(f"{name}={getattr(self, name)} must be at least {least}")
        if self.width < HEADS or self.width % HEADS:
            raise ValueError(f"width={self.width} must be a multiple of {HEADS}")
        if not 0 <= self.alpha <= 1 or not 0 <= self.noise < 1:
            raise ValueError(f"alpha={self.alpha} must lie in [0, 1], noise={self.noise} in [0, 1)")


@dataclass(frozen=True, kw_only=True)
class PosttrainSettings:
    """A policy gradient from a pretrained model."""

    reward: Reward
    target: float | None = None
    """The confidence target of `fixed`, in [0, 1); None for the other rewards."""
    steps: int = 300
    """Updates, at least 1."""
    questions: int = 256
    """Questions an update, at least 1."""
    samples: int = 16
    """Answers sampled a question, at least 2; each is compared with the mean of the others."""
    rate: float = 1e-3
    """Highest learning rate; it falls to 0 in a straight line."""
    seed: int = 0
    """Seed of questions and answers, at least 0."""

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            ValueError: a number is out of range, or `target` does not go with the reward.
        """
        if (self.reward == "fixed") != (self.target is not None):
            raise ValueError("a target goes with the reward fixed, and only with it")
        if self.target is not None and not 0 <= self.target < 1:
            raise ValueError(f"target={self.target} must lie in [0, 1)")
        for name, least in {"steps": 1, "questions": 1, "samples": 2, "seed": 0}.items():
            if getattr(self, name) < least:
                raise ValueError(f"{name}={getattr(self, name)} must be at least {least}")


HEADS = 4
"""Attention heads of a block."""
PRESETS = {
    "tiny": {"n": 10_000, "width": 96, "epochs": 12},
    "small": {"n": 30_000, "width": 160, "epochs": 12},
}
"""Preset → its text and network; tiny takes about 20 s of CPU time, small three times the text at a larger width."""


def preset(name: str, *, people: int | None = None, **changes: float | bool | None) -> TrainSettings:
    """Return the settings of a preset.

    Args:
        name: one of `PRESETS`.
        people: people who may be written about; default: twice the sentences.
        changes: other settings than the preset's, by name; None leaves one as it is.

    Raises:
        ValueError: the preset is unknown, or a setting is out of range.
    """
    if name not in PRESETS:
        raise ValueError(f"unknown preset {name!r}; known: {', '.join(PRESETS)}")
    values = PRESETS[name] | {key: value for key, value in changes.items() if value is not None}
    return TrainSettings(**{"people": people or 2 * int(values["n"]), **values})  # type: ignore[arg-type]
