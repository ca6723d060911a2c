"""The solver that states a confidence target in the prompt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from inspect_ai.model import ChatMessageSystem, ChatMessageUser
from inspect_ai.solver import Generate, Solver, TaskState, generate, multiple_choice, solver

from evalkit.errors import UsageError
from evalkit.integrations.inspect.names import registered_name
from evalkit.metrics.threshold import check_threshold
from evalkit.readers.inspect_outcomes import STATED
from evalkit.runs.wordings import PAPER, Wording, find_wording

NAME = "confidence_target"
Solve = Callable[[TaskState, Generate], Awaitable[TaskState]]


def _confidence_target(
    t: float | str | None = None,
    wording: str = PAPER,
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
        wording: how it is stated: the name of a wording, a text file, or the words themselves, with {threshold},
            {percent} or {penalty}.
        solver: the solver that asks, or its registered name; the words are added when it calls the model.
        at_start: add the words before `solver` runs, for agents, which call the model themselves.

    Raises:
        ValueError: t is out of range.
        UsageError, InputError: as `find_wording`.
    """
    target = _target_of(t)
    stated = _Stated(target, find_wording(wording))
    inner = _solver_named(solver) if isinstance(solver, str) else solver

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state.store.set(STATED, target)
        asks = inner or (_default(state) if _is_last() else None)
        if asks is None or at_start:
            stated.add_to(state)
            return state if asks is None else await asks(state, generate)
        stating = _Stating(stated, generate)
        state = await asks(state, stating)
        if not stating.done:
            raise UsageError(
                "the solver calls the model itself, so the confidence target could not be added to its prompt;"
                " give at_start=true"
            )
        return state

    return solve


@dataclass(frozen=True)
class _Stated:
    """A target, and how it is stated."""

    target: float | None
    wording: Wording

    def add_to(self, state: TaskState) -> None:
        """Add the words to the last message of the user, or to the system message.

        Raises:
            UsageError: the model has already answered.
        """
        if self.target is None:
            return
        if state.messages and state.messages[-1].role == "assistant" and state.output.choices:
            raise UsageError("confidence_target comes after a solver that asked the model; put it before")
        if self.wording.in_system:
            self._add_to_system(state)
        elif any(isinstance(message, ChatMessageUser) for message in state.messages):
            prompt = state.user_prompt
            prompt.text = self.wording.around(prompt.text, self.target)
        else:
            state.messages.append(ChatMessageUser(content=self.wording.words(self.target)))

    def _add_to_system(self, state: TaskState) -> None:
        words = self.wording.words(self.target)
        first = next((one for one in state.messages if isinstance(one, ChatMessageSystem)), None)
        if first is None:
            state.messages.insert(0, ChatMessageSystem(content=words))
        else:
            first.text = f"{first.text}\n\n{words}"


class _Stating:
    """Generates as Inspect does, and adds the words to the prompt of the first call."""

    def __init__(self, stated: _Stated, generate: Generate) -> None:
        self.done = stated.target is None
        self._stated = stated
        self._generate = generate

    async def __call__(self, state: TaskState, *args: Any, **kwargs: Any) -> TaskState:
        if not self.done:
            self._stated.add_to(state)
            self.done = True
        return await self._generate(state, *args, **kwargs)


def _target_of(t: float | str | None) -> float | None:
    if t is None or (isinstance(t, str) and t.strip().lower() in ("none", "")):
        return None
    return check_threshold(float(t))


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
