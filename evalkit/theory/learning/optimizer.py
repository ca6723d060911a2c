"""Adam with a learning rate of its own for each parameter; needs the `train` extra."""

from __future__ import annotations

from typing import Any, NamedTuple

from evalkit.extras import requires
from evalkit.theory.learning.network import Array, Parameters

FAST, SLOW = 0.9, 0.98
"""How slowly the means of gradients and of their squares change."""
TINY = 1e-8


class State(NamedTuple):
    """Parameters while they are trained."""

    step: int
    """Updates so far."""
    parameters: Parameters
    mean: Parameters
    square: Parameters


def load_jax() -> Any:
    """Import JAX, for this machine's processor.

    Raises:
        MissingExtraError: the `train` extra is not installed.
    """
    with requires("train"):
        import jax
    module: Any = jax  # without types of its own wherever the extra is not installed
    module.config.update("jax_platforms", "cpu")
    return module


def update(xp: Any, state: State, gradient: Parameters, rate: Array, factors: Parameters, decay: float = 0.0) -> State:
    """Return the state after one step of Adam.

    Args:
        xp: `jax.numpy`.
        state: before the step.
        gradient: of the loss.
        rate: learning rate.
        factors: what multiplies the rate, by parameter; 1 for those left out.
        decay: weight decay of matrices, times the rate.
    """
    step = state.step + 1
    mean = {key: FAST * state.mean[key] + (1 - FAST) * g for key, g in gradient.items()}
    square = {key: SLOW * state.square[key] + (1 - SLOW) * g * g for key, g in gradient.items()}
    parameters = {}
    for key, old in state.parameters.items():
        change = mean[key] / (1 - FAST**step) / (xp.sqrt(square[key] / (1 - SLOW**step)) + TINY)
        shrunk = decay * old if old.ndim > 1 else 0.0
        parameters[key] = old - rate * factors.get(key, 1.0) * (change + shrunk)
    return State(step, parameters, mean, square)


def start(parameters: Parameters, xp: Any) -> State:
    """Return the state before the first step.

    Args:
        parameters: of the network.
        xp: `jax.numpy`.
    """
    given = {key: xp.asarray(value) for key, value in parameters.items()}
    return State(0, given, *({key: xp.zeros_like(value) for key, value in given.items()} for _ in range(2)))
