"""Train a network on a text; needs the `train` extra."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from evalkit.theory.learning.checkpoint import PRETRAINED, Checkpoint, Progress
from evalkit.theory.learning.corpus import Corpus, name_codes
from evalkit.theory.learning.network import (
    ASKED,
    BLANK,
    FIRST_TARGET,
    Array,
    Parameters,
    logits,
    make_parameters,
    prompt_tokens,
)
from evalkit.theory.learning.optimizer import State, load_jax, start, update
from evalkit.theory.learning.settings import TrainSettings

Notify = Callable[[str], None]
NETWORK, ORDER = 3, 4
"""Streams of the seed, beside those of the text."""
WARM_UP = 50
"""Steps over which the learning rate rises."""


def pretrain(
    settings: TrainSettings, corpus: Corpus, progress: Progress, notify: Notify = lambda _: None
) -> Checkpoint:
    """Train a network to end the sentences of a text.

    Args:
        settings: of the network.
        corpus: the text.
        progress: where the state is kept after each reading; training resumes from it.
        notify: called with the progress.

    Raises:
        MissingExtraError: the `train` extra is not installed.
    """
    jax = load_jax()
    step = _compile(jax, settings, len(corpus.people))
    codes = jax.numpy.asarray(name_codes(settings))
    state = progress.load(jax.numpy) or start(
        make_parameters(settings, np.random.default_rng([settings.seed, NETWORK])), jax.numpy
    )
    batch, batches = batch_sizes(settings, len(corpus.people))
    for epoch in range(int(state.step) // batches, settings.epochs):
        order = np.random.default_rng([settings.seed, ORDER, epoch]).permutation(len(corpus.people))
        loss = 0.0
        for rows in np.split(order[: batch * batches], batches):
            state, loss = step(state, codes, corpus.people[rows], corpus.answers[rows])
        progress.save(state)
        notify(f"training: read the text {epoch + 1} of {settings.epochs} times, loss {float(loss):.2f}")
    parameters = {key: np.array(value) for key, value in state.parameters.items()}
    # The text states no confidence targets: one is read like a blank until post-training tells them apart.
    parameters["embedding"][FIRST_TARGET:ASKED] = parameters["embedding"][BLANK]
    return Checkpoint(PRETRAINED, settings, None, parameters)


def batch_sizes(settings: TrainSettings, sentences: int) -> tuple[int, int]:
    """Return sentences a step, and steps a reading; what does not fill a step is left for another reading.

    Args:
        settings: of the network.
        sentences: of the text.
    """
    batch = min(settings.batch, sentences)
    return batch, sentences // batch


def _compile(jax: Any, settings: TrainSettings, sentences: int) -> Callable[..., tuple[State, Array]]:
    xp = jax.numpy
    batch, batches = batch_sizes(settings, sentences)
    tokens = prompt_tokens([None] * batch)

    def loss(parameters: Parameters, names: Array, answers: Array) -> Array:
        scores = jax.nn.log_softmax(logits(xp, parameters, tokens, names))
        return -xp.take_along_axis(scores, answers[:, None], axis=1).mean()

    def step(state: State, codes: Array, people: Array, answers: Array) -> tuple[State, Array]:
        value, gradient = jax.value_and_grad(loss)(state.parameters, codes[people], answers)
        falling = 0.5 * (1 + xp.cos(np.pi * state.step / (batches * settings.epochs)))
        rate = settings.rate * falling * xp.minimum(1.0, (state.step + 1) / WARM_UP)
        return update(xp, state, gradient, rate, {"scale": 0.0}, settings.decay), value

    compiled: Callable[..., tuple[State, Array]] = jax.jit(step)
    return compiled
