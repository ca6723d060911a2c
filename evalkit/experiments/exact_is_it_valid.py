"""Theorem 1 on a real model: its probability of every possible answer, exactly, and what that forces."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from evalkit.errors import RunInterruptedError, UsageError
from evalkit.logprobs import Outside, ScoredQuestion, Selection, Settings, choose, make_exact_world, score
from evalkit.runs.folder import slug
from evalkit.theory import is_it_valid, reliability
from evalkit.theory.bounds import choice_bound
from evalkit.theory.is_it_valid import Reduction
from evalkit.theory.reliability import Bin
from evalkit.theory.worlds import World

Notify = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class ExactModel:
    """One model on a task's questions."""

    name: str
    """Short: the last part of the model's name where that tells the models apart."""
    settings: Settings
    scored: list[ScoredQuestion]
    world: World
    reduction: Reduction
    """With a threshold for each question."""
    opt: float
    """The lowest err_iiv over all thresholds."""
    opt_at: float
    histogram: list[Bin]

    @property
    def masses_outside(self) -> list[float]:
        """Probability of anything but the possible answers, a number a question."""
        return [1 - each.mass for each in self.scored]

    @property
    def standard_error(self) -> float:
        """Standard error of err over the questions; NaN for one question."""
        errors = is_it_valid.prompt_errors(self.world)
        return float(np.std(errors, ddof=1) / np.sqrt(len(errors))) if len(errors) > 1 else math.nan

    @property
    def choice_bound(self) -> float:
        """What Theorem 3 forces; NaN unless every question has one right answer."""
        single = bool((self.world.valids == 1).all())
        return choice_bound(int(self.world.errors.min()) + 1, self.opt) if single else math.nan


def measure(
    models: Sequence[str], settings: Settings, outside: Outside, keep: Path | None = None,
    notify: Notify = lambda _: None,
) -> tuple[list[ExactModel], Selection]:  # fmt: skip
    """Score every possible answer to a task's questions with each model.

    Args:
        models: names, different ones.
        settings: what is asked and how; its model is replaced by each of `models`.
        outside: what becomes of probability outside the possible answers.
        keep: a folder that takes each question as soon as it is scored, a file a model; what it holds is not asked
            again.
        notify: called with the progress so far.

    Returns:
        The models, and the questions that were chosen.

    Raises:
        UsageError: a model is given twice, two of them would share a file, or a model has no probabilities.
        InputError: a kept file is damaged.
        RunInterruptedError: Ctrl-C.
    """
    check_names(models, kept=keep is not None)
    chosen = choose(settings)
    results = [
        _measure(name, replace(settings, model=model), chosen, outside, keep, notify)
        for name, model in zip(short_names(models), models, strict=True)
    ]
    return results, chosen


def check_names(models: Sequence[str], *, kept: bool) -> None:
    """Refuse names that cannot stand beside each other.

    Args:
        models: as given.
        kept: whether each has a file or folder of its own.

    Raises:
        UsageError: none, the same name twice, or two that would share a file.
    """
    if not models:
        raise UsageError("name at least one model")
    if duplicate := next((model for k, model in enumerate(models) if model in models[:k]), None):
        raise UsageError(f"model {duplicate} is given twice")
    if kept and len({slug(model) for model in models}) < len(models):
        raise UsageError(f"two of {', '.join(models)} would share a file or folder; measure one at a time")


def short_names(models: Sequence[str]) -> list[str]:
    """Return the last part of each name, or the whole names where two end alike."""
    short = [Path(model).name.removesuffix(".gguf") for model in models]
    return short if len(set(short)) == len(short) else list(models)


def _measure(
    name: str, settings: Settings, chosen: Selection, outside: Outside, keep: Path | None, notify: Notify
) -> ExactModel:
    path = keep / f"{slug(settings.model)}.jsonl" if keep else None
    try:
        scored = asyncio.run(score(settings, chosen, path, notify))
    except KeyboardInterrupt as error:
        again = "the same call resumes" if keep else "with a folder to keep it in, what is measured is not lost"
        raise RunInterruptedError(f"interrupted; {again}", run="") from error
    world = make_exact_world(scored, outside)
    opt, t = is_it_valid.best_threshold(world)
    return ExactModel(
        name=name,
        settings=settings,
        scored=scored,
        world=world,
        reduction=is_it_valid.reduction(world, per_prompt=True),
        opt=opt,
        opt_at=t,
        histogram=reliability.histogram(world),
    )
