"""A small transformer: one forward pass, with NumPy for asking and with JAX for training.

A prompt is a row of tokens: a stated confidence target or a blank, the name, at times words that the text never holds,
and "has the birthday". The answer is one token: a date, or "unknown". Nothing else in a sentence can be predicted, so
the model predicts answers only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.theory.learning.corpus import ANSWERS
from evalkit.theory.learning.settings import HEADS, TARGETS, TrainSettings

Array = Any
"""A NumPy or JAX array."""
Parameters = dict[str, Array]
BLANK = 0
FIRST_TARGET = 1
"""Token of the first of `TARGETS`; the others follow."""
ASKED = FIRST_TARGET + len(TARGETS)
SHIFT = ASKED + 1
TOKENS = SHIFT + 1
NAME = 1
"""Place of the name in a prompt."""
LONGEST = 4
"""Tokens of the longest prompt."""
SMALL = 0.02
"""Standard deviation of what is drawn for embeddings and output."""
TINIEST = 1e-6


def make_parameters(settings: TrainSettings, random: np.random.Generator) -> dict[str, NDArray[np.float32]]:
    """Draw the parameters of an untrained network, by name.

    Args:
        settings: of the network.
        random: generator that draws them.
    """
    width, wide = settings.width, 4 * settings.width

    def draw(rows: int, columns: int, scale: float) -> NDArray[np.float32]:
        return scale * random.standard_normal((rows, columns), dtype=np.float32)

    parameters: dict[str, NDArray[np.float32]] = {
        "embedding": draw(TOKENS, width, SMALL),
        "position": draw(LONGEST, width, SMALL),
        "name": draw(width, width, width**-0.5),
        "gain": np.ones(width, np.float32),
        "output": draw(width, ANSWERS, SMALL),
        "bias": np.zeros(ANSWERS, np.float32),
        "scale": np.zeros((), np.float32),
    }
    for block in range(settings.layers):
        parameters |= {
            f"{block}.attention gain": np.ones(width, np.float32),
            f"{block}.attention": draw(width, 3 * width, width**-0.5),
            f"{block}.attended": draw(width, width, width**-0.5 / 2),
            f"{block}.memory gain": np.ones(width, np.float32),
            f"{block}.memory": draw(width, wide, width**-0.5),
            f"{block}.memory bias": np.zeros(wide, np.float32),
            f"{block}.remembered": draw(wide, width, wide**-0.5 / 2),
        }
    return parameters


def prompt_tokens(targets: Sequence[float | None], shifted: bool = False) -> NDArray[np.int64]:
    """Return the tokens of prompts, shape (prompts, tokens); the name's place holds a blank.

    Args:
        targets: the confidence target that each states, one of `TARGETS`, or None.
        shifted: ask in words that the text does not hold.
    """
    first = [BLANK if t is None else FIRST_TARGET + TARGETS.index(t) for t in targets]
    rest = [BLANK, SHIFT, ASKED] if shifted else [BLANK, ASKED]
    return np.array([[token, *rest] for token in first], dtype=np.int64).reshape(len(first), 1 + len(rest))


def logits(xp: Any, parameters: Parameters, tokens: Array, names: Array) -> Array:
    """Return the logits of all answers, shape (prompts, `ANSWERS`).

    Args:
        xp: `numpy` or `jax.numpy`.
        parameters: of the network.
        tokens: as `prompt_tokens` returns them.
        names: the code of each prompt's name, shape (prompts, width).
    """
    h = parameters["embedding"][tokens]
    h = xp.concatenate([h[:, :NAME], (names @ parameters["name"])[:, None], h[:, NAME + 1 :]], axis=1)
    h = h + parameters["position"][: tokens.shape[1]]
    for block in range(sum(key.endswith(".attention") for key in parameters)):
        own = {key.partition(".")[2]: value for key, value in parameters.items() if key.startswith(f"{block}.")}
        h = h + _attend(xp, own, _normalize(xp, h, own["attention gain"]))
        inner = _normalize(xp, h, own["memory gain"]) @ own["memory"] + own["memory bias"]
        h = h + _gelu(xp, inner) @ own["remembered"]
    last = _normalize(xp, h[:, -1], parameters["gain"])
    return xp.exp(parameters["scale"]) * (last @ parameters["output"] + parameters["bias"])


def _attend(xp: Any, own: Parameters, h: Array) -> Array:
    """Causal attention with `HEADS` heads."""
    prompts, length, width = h.shape
    q, k, v = (part.reshape(prompts, length, HEADS, -1) for part in xp.split(h @ own["attention"], 3, axis=-1))
    weights = xp.einsum("pthc,pshc->phts", q, k) / (width // HEADS) ** 0.5
    weights = xp.where(np.tril(np.ones((length, length), bool)), weights, -np.inf)
    weights = xp.exp(weights - weights.max(axis=-1, keepdims=True))
    weights = weights / weights.sum(axis=-1, keepdims=True)
    return xp.einsum("phts,pshc->pthc", weights, v).reshape(h.shape) @ own["attended"]


def _normalize(xp: Any, h: Array, gain: Array) -> Array:
    return h / xp.sqrt((h * h).mean(axis=-1, keepdims=True) + TINIEST) * gain


def _gelu(xp: Any, x: Array) -> Array:
    return 0.5 * x * (1 + xp.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x * x * x)))
