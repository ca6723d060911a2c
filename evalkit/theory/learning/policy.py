"""Post-train a model by policy gradient on questions with known answers; needs the `train` extra."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.theory.learning.checkpoint import Checkpoint, Progress
from evalkit.theory.learning.corpus import IDK
from evalkit.theory.learning.network import ASKED, FIRST_TARGET, Array, Parameters, logits, prompt_tokens
from evalkit.theory.learning.optimizer import State, load_jax, start, update
from evalkit.theory.learning.pretrain import Notify
from evalkit.theory.learning.settings import TARGETS, PosttrainSettings

WARM_UP = 20
"""Updates over which the learning rate rises."""
SCALE_FACTORS = {"binary": 10.0, "threshold": 50.0, "fixed": 50.0}
"""Reward → factor of the learning rate for the scale of all logits. The text says "unknown" as often of people whom it
gives the date of as of others, so no constant can tell whom to say it of; sharper probabilities can."""
TARGET_FACTOR = 20.0
"""The same for the embeddings of confidence targets."""
TARGET_NOISE = 0.1
"""Standard deviation of what tells the confidence targets apart at first."""
LARGEST_GRADIENT = 1.0
"""Longer gradients are shortened to this length."""
KEPT_EVERY = 25
"""Updates between two states kept."""
EMBEDDINGS, QUESTIONS = 0, 1
"""Streams of the seed."""


def update_policy(
    settings: PosttrainSettings, name: str, origin: Checkpoint, progress: Progress, notify: Notify = lambda _: None
) -> Checkpoint:
    """Reward a model's answers to questions about people who are not held out.

    Several answers are sampled to each question; each is compared with the mean reward of the others (REINFORCE with
    the leave-one-out baseline, Kool et al. 2019).

    Args:
        settings: of the reward and the updates.
        name: of the new model.
        origin: the model to start from.
        progress: where the state is kept; post-training resumes from it.
        notify: called with the progress.

    Raises:
        MissingExtraError: the `train` extra is not installed.
    """
    jax = load_jax()
    step = _compile(jax, settings)
    codes = jax.numpy.asarray(origin.codes)
    state = progress.load(jax.numpy) or start(_tell_targets_apart(origin, settings), jax.numpy)
    corpus = origin.corpus
    for done in range(int(state.step), settings.steps):
        random = np.random.default_rng([settings.seed, QUESTIONS, done])
        people = corpus.draw_training(random, settings.questions)
        stated, costs = draw_targets(settings, random)
        tokens = prompt_tokens(stated)
        key = jax.random.key(int(random.integers(2**31)))
        state, reward = step(state, codes, tokens, people, corpus.facts.answer[people], costs, key)
        if (done + 1) % KEPT_EVERY == 0:
            progress.save(state)
            notify(f"post-training: update {done + 1} of {settings.steps}, mean reward {float(reward):.2f}")
    parameters = {key: np.array(value) for key, value in state.parameters.items()}
    return Checkpoint(name, origin.settings, settings, parameters)


def draw_targets(
    settings: PosttrainSettings, random: np.random.Generator
) -> tuple[list[float | None], NDArray[np.float32]]:
    """Return what each question of an update states, and what a mistake costs.

    Under `binary` half of the questions state a target, and the grader does not care.

    Args:
        settings: of the reward.
        random: generator that draws targets.
    """
    n = settings.questions
    drawn = [TARGETS[k] for k in random.integers(0, len(TARGETS), n)]
    if settings.reward == "threshold":
        return list(drawn), np.array([t / (1 - t) for t in drawn], np.float32)
    if settings.target is not None:
        return [None] * n, np.full(n, settings.target / (1 - settings.target), np.float32)
    stated = random.random(n) < 0.5  # noqa: PLR2004 - half
    return [t if one else None for t, one in zip(drawn, stated, strict=True)], np.zeros(n, np.float32)


def _tell_targets_apart(origin: Checkpoint, settings: PosttrainSettings) -> dict[str, NDArray[np.float32]]:
    parameters = {key: value.copy() for key, value in origin.parameters.items()}
    random = np.random.default_rng([settings.seed, EMBEDDINGS])
    rows = parameters["embedding"][FIRST_TARGET:ASKED]
    rows += TARGET_NOISE * random.standard_normal(rows.shape, dtype=np.float32)
    return parameters


def _compile(jax: Any, settings: PosttrainSettings) -> Callable[..., tuple[State, Array]]:
    xp, samples = jax.numpy, settings.samples

    def loss(
        parameters: Parameters, tokens: Array, names: Array, right: Array, costs: Array, key: Array
    ) -> tuple[Array, Array]:
        scores = jax.nn.log_softmax(logits(xp, parameters, tokens, names))
        policy = jax.lax.stop_gradient(scores)
        said = jax.random.categorical(key, policy[:, None], shape=(len(right), samples))
        mistakes = xp.where(said == IDK, 0.0, -costs[:, None])
        rewards = xp.where(said == right[:, None], 1.0, mistakes)
        advantage = (rewards - rewards.mean(axis=1, keepdims=True)) * samples / (samples - 1)
        # On this scale a point is worth the same at every target: neither reward leaves [−1, 1].
        advantage = advantage / (1 + costs[:, None])
        return -(advantage * xp.take_along_axis(scores, said, axis=1)).mean(), rewards.mean()

    def step(
        state: State, codes: Array, tokens: Array, people: Array, right: Array, costs: Array, key: Array
    ) -> tuple[State, Array]:
        gradient, reward = jax.grad(loss, has_aux=True)(state.parameters, tokens, codes[people], right, costs, key)
        length = xp.sqrt(sum((g * g).sum() for g in gradient.values()))
        gradient = {name: g * xp.minimum(1.0, LARGEST_GRADIENT / length) for name, g in gradient.items()}
        falling = 1 - state.step / settings.steps
        rate = settings.rate * falling * xp.minimum(1.0, (state.step + 1) / WARM_UP)
        rows = xp.arange(len(state.parameters["embedding"]))[:, None]
        targets = xp.where((rows >= FIRST_TARGET) & (rows < ASKED), TARGET_FACTOR, 1.0)
        factors = {"scale": SCALE_FACTORS[settings.reward], "embedding": targets}
        return update(xp, state, gradient, rate, factors), reward

    compiled: Callable[..., tuple[State, Array]] = jax.jit(step)
    return compiled
