"""The solver that states a confidence target in the prompt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from inspect_ai.model import ChatMessageUser
from inspect_ai.solver import Generate, Solver, TaskState, generate, multiple_choice, solver

from evalkit.errors import UsageError
from evalkit.integrations.inspect.names import registered_name
from evalkit.metrics.threshold import check_threshold, penalty
from evalkit.readers.inspect_outcomes import STATED
from evalkit.runs.prompts import confidence_target as stated_target

NAME = "confidence_target"
Solve = Callable[[TaskState, Generate], Awaitable[TaskState]]


def _confidence_target(
    t: float | str | None = None,
    wording: str | None = None,
    solver: Any = None,  # a Solver, or its name; Inspect writes it to the log
    *,
    at_start: bool = False,
) -> Solver:
    """State a confidence target at the end of the user's message.

    As one step of several it adds the words and leaves the asking to a later step. As the whole or the last step
    (`--solver evalkit/confidence_target`) it asks too: with `solver`, else with `multiple_choice` where a sample has
    choices, else with `generate`.

    Args:
        t: confidence target, 0 ≤ t < 1; 0 asks for a best guess; None or "none" states nothing.
        wording: other words than evalkit's; {t} and {penalty} stand for the numbers.
        solver: the solver that asks, or its registered name; the words are added when it calls the model.
        at_start: add the words before `solver` runs, for agents, which call the model themselves.

    Raises:
        ValueError: t is out of range, or the wording holds another placeholder.
    """
    target = _target_of(t)
    words = _words(target, wording)
    inner = _solver_named(solver) if isinstance(solver, str) else solver

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state.store.set(STATED, target)
        asks = inner or (_default(state) if _is_last() else None)
        if asks is None or at_start:
            _state(state, words)
            return state if asks is None else await asks(state, generate)
        stating = _Stating(words, generate)
        state = await asks(state, stating)
        if not stating.stated:
            raise UsageError(
                "the solver calls the model itself, so the confidence target could not be added to its prompt;"
                " give at_start=true"
            )
        return state

    return solve


class _Stating:
    """Generates as Inspect does, and adds the words to the prompt of the first call."""

    def __init__(self, words: str, generate: Generate) -> None:
        self.stated = not words
        self._words = words
        self._generate = generate

    async def __call__(self, state: TaskState, *args: Any, **kwargs: Any) -> TaskState:
        if not self.stated:
            _state(state, self._words)
            self.stated = True
        return await self._generate(state, *args, **kwargs)


def _state(state: TaskState, words: str) -> None:
    """Add the words to the last message of the user.

    Raises:
        UsageError: the model has already answered.
    """
    if not words:
        return
    if state.messages and state.messages[-1].role == "assistant" and state.output.choices:
        raise UsageError("confidence_target comes after a solver that asked the model; put it before")
    if any(isinstance(message, ChatMessageUser) for message in state.messages):
        prompt = state.user_prompt
        prompt.text = f"{prompt.text}\n\n{words}"
    else:
        state.messages.append(ChatMessageUser(content=words))


def _target_of(t: float | str | None) -> float | None:
    if t is None or (isinstance(t, str) and t.strip().lower() in ("none", "")):
        return None
    return check_threshold(float(t))


def _words(t: float | None, wording: str | None) -> str:
    if t is None:
        return ""
    if wording is None:
        return stated_target(t)
    try:
        return wording.format(t=f"{t:g}", penalty=f"{penalty(t):g}")
    except (KeyError, IndexError, ValueError) as error:
        raise ValueError(f"wording {wording!r}: only {{t}} and {{penalty}} stand for something ({error})") from error


def _default(state: TaskState) -> Solve:
    asks: Solve = multiple_choice() if state.choices else generate()
    return asks


def _solver_named(name: str) -> Solve:
    from inspect_ai._eval.loader import solver_from_spec
    from inspect_ai.solver import SolverSpec

    found: Solve = solver_from_spec(SolverSpec(name))
    return found


def _is_last() -> bool:
    """Whether this is the last step of the plan, so that no later step asks the model."""
    from inspect_ai.log._samples import sample_active

    active = sample_active()
    return active is not None and active.agent_name == NAME


_confidence_target.__name__ = _confidence_target.__qualname__ = NAME
confidence_target = solver(registered_name(_confidence_target))(_confidence_target)
