"""Facts: the world of `evalkit theory facts`, asked of a model that `evalkit theory train` made.

What it measures: whether a small model says IDK about facts it has read once or never, where it is known how often it
has read each. Strata: how often the text gives the date. No other model can know the answers.
Source: drawn by the seed of the world. Licence: evalkit's own. Size: the people of the world; 200 are asked unless `-T
n` says otherwise. Grader: `exact`. IDK originally pays: nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from evalkit import Sample, Task, fingerprint, task
from evalkit.theory.birthday_corpus import DATES, READINGS
from evalkit.theory.learning.checkpoint import load
from evalkit.theory.learning.corpus import Corpus, write_corpus
from evalkit.theory.learning.questions import answer_text, question
from evalkit.theory.learning.settings import PRESETS, preset

ALL_DATES = [answer_text(day) for day in range(DATES)]
ASKING = 6
"""Stream of the seed that draws the people."""


@task
def facts(
    n: Annotated[int, Field(ge=1)] | Literal["all"] = 200, seed: int = 0, world: str = "tiny",
    people: Literal["held-out", "all"] = "held-out", shift: bool = False,
) -> Task:  # fmt: skip
    """Ask for the birthday of people of an invented world, as often as its text mentions them.

    `world` is a checkpoint of `evalkit theory train`, or the name of a preset, for its world of seed 0. `people` are
    those that post-training left out, or all. `shift` words the questions as the text never does.
    """
    corpus = write_corpus(preset(world) if world in PRESETS else load(Path(world)).settings)
    samples = list(islice(draw(corpus, seed, people == "held-out", shift), None if n == "all" else n))
    whole = fingerprint((str(day), str(count)) for day, count in zip(corpus.facts.answer, corpus.counts, strict=True))
    return Task(samples=samples, grader="exact", responses=lambda _: ALL_DATES, fingerprint=whole)


def draw(corpus: Corpus, seed: int, held_out: bool, shift: bool) -> Iterator[Sample]:
    """All people, those that the text mentions often likely first: each place is drawn with the text's frequencies."""
    random = np.random.default_rng([seed, ASKING])
    # The order of these times is that of draws without replacement.
    times = random.exponential(size=len(corpus.facts.mu)) / corpus.facts.mu
    for who in np.argsort(times, kind="stable"):
        if not held_out or corpus.held_out[who]:
            yield sample(corpus, int(who), shift)


def sample(corpus: Corpus, who: int, shift: bool) -> Sample:
    """The question about one person."""
    count = int(corpus.counts[who])
    group = next(name for name, least, most in READINGS if least <= count <= most)
    return Sample(
        id=f"{who} shifted" if shift else str(who),
        input=question(who, shift),
        target=answer_text(int(corpus.facts.answer[who])),
        metadata={"stratum": f"read {group}×", "readings": count},
    )
