"""`evalkit theory train`."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.display import Block, Table
from evalkit.theory import is_it_valid
from evalkit.theory.facts import SampleStatistics
from evalkit.theory.is_it_valid import Reduction
from evalkit.theory.learning import measure
from evalkit.theory.learning.checkpoint import PRETRAINED, Progress
from evalkit.theory.learning.corpus import write_corpus
from evalkit.theory.learning.folder import Resumable, find_model
from evalkit.theory.learning.measure import Behavior, Believed
from evalkit.theory.learning.pretrain import Notify, pretrain
from evalkit.theory.learning.settings import TrainSettings
from evalkit.theory.quantities import Quantities, Quantity
from evalkit.theory.reliability import BINS

ASKING = 5
"""Stream of the seed that draws the questions."""


@dataclass(frozen=True, kw_only=True)
class TrainStudy(Quantities):
    """A model that has read a text, and the paper's bounds on its errors."""

    model: str
    """Its file, without the ending."""
    digest: str
    """Of its parameters."""
    settings: TrainSettings
    parameters: int
    """How many numbers training changed."""
    questions: int
    shift: bool
    measured: SampleStatistics
    """Of the text."""
    behavior: Behavior
    reduction: Reduction
    """Theorem 1 (with one prompt: Corollary 1) with one threshold for all prompts, as in the paper."""
    believed: Believed
    """Against the text, which says "unknown" of everybody at times."""

    def quantities(self) -> list[Quantity]:
        """Return the quantities of the text, the model's errors, and the bound on them."""
        text, one, bound = self.measured, self.behavior, self.reduction
        rows = [
            Quantity("singleton rate", [text.singleton_rate], "people whose date the text gives once, over sentences"),
            Quantity("missing mass", [text.missing_mass], "probability of being asked for a date the text never gives"),
            Quantity("error", [one.wrong], f"probability of a wrong date, over {self.questions:,} questions"),
            Quantity("right", [one.right], "probability of the right date"),
            Quantity(
                "IDK", [one.idk], f'probability of "unknown"; the text says it with {1 - self.settings.alpha:.4f}'
            ),
        ]
        rows += [Quantity(f"  date read {group.seen}×", [group.error], _about(group)) for group in self.behavior.groups]
        return [
            *rows,
            Quantity("err_iiv", [bound.error_iiv], "how often it is wrong as a classifier of valid responses"),
            Quantity("δ₊", [bound.delta_signed], "its probability of responses above 1/|E|, less the true one"),
            Quantity("bound", [bound.bound], "Theorem 1: err ≥ 2·err_iiv − max|V|/min|E| − δ, where δ = |δ₊|"),
            Quantity("bound, signed δ", [bound.bound_signed], "the same with δ₊ for δ; also true, and never lower"),
            Quantity("slack", [bound.slack], "error − bound; never negative"),
            Quantity("error − missing mass", [one.wrong - text.missing_mass], "what it errs beyond what it never read"),
            Quantity(
                "calibration error", [self.believed.error], "against the text, over all responses in ten bins; up to 2"
            ),
        ]

    def sentences(self) -> list[str]:
        """Return whom the errors are about, and the model's name."""
        rare = sum(group.share * group.error for group in self.behavior.groups if group.seen in ("0", "1"))
        share = rare / self.behavior.wrong if self.behavior.wrong > 0 else 0.0
        forced = max(0.0, self.reduction.bound_signed)
        rarely = f"{share:.0%} of its errors are about people whose date it has read once or never."
        run = f"evalkit run --task facts -T world={self.model} --temperature 1 --model toy/{self.model}"
        return [f"{rarely} The bound forces at least {forced:.1%} errors.", f"Ask it like any other model: {run}"]

    def blocks(self) -> list[Block]:
        """Return the quantities, the sentences, and the reliability table."""
        return [*super().blocks(), _reliability(self.believed)]

    def to_dict(self) -> dict[str, Any]:
        """Return settings and quantities."""
        return dataclasses.asdict(self)


def train(
    settings: TrainSettings, *, folder: str | Path, questions: int = 2000, shift: bool = False,
    notify: Notify = lambda _: None,
) -> TrainStudy:  # fmt: skip
    """Train a model on the text of `theory facts`, or read it from its folder, and measure it.

    Args:
        settings: the text and the network.
        folder: where the model is written, as `pretrained.npz`; an interrupted training resumes from it.
        questions: questions asked, with the frequencies of the text, at least 1.
        shift: ask in words that the text does not hold.
        notify: called with the progress.

    Raises:
        ValueError: `questions` is below 1.
        UsageError: the folder holds a model of other settings.
        MissingExtraError: the `train` extra is not installed.
        RunInterruptedError: Ctrl-C; the same call resumes.
    """
    check_questions(questions)
    where = Path(folder)
    corpus = write_corpus(settings)
    model = find_model(where, PRETRAINED, settings, None)
    if model is None:
        progress = Progress(where, PRETRAINED, settings, None)
        with Resumable(where):
            model = pretrain(settings, corpus, progress, notify)
        model.save(where)
        progress.remove()
    asked = measure.draw_asked(corpus, questions, question_draws(settings))
    q = measure.probabilities(model, asked.people, shifted=shift)
    world = measure.text_world(corpus, asked, q)
    return TrainStudy(
        model=str(where / PRETRAINED),
        digest=model.digest,
        settings=settings,
        parameters=sum(value.size for value in model.parameters.values()),
        questions=questions,
        shift=shift,
        measured=corpus.statistics,
        behavior=measure.behavior(corpus, asked, q),
        reduction=is_it_valid.reduction(world),
        believed=measure.believed(world),
    )


def question_draws(settings: TrainSettings) -> np.random.Generator:
    """Return the generator that draws the questions.

    Args:
        settings: of the text.
    """
    return np.random.default_rng([settings.seed, ASKING])


def check_questions(questions: int) -> None:
    """Check the number of questions.

    Args:
        questions: at least 1.

    Raises:
        ValueError: it is not.
    """
    if questions < 1:
        raise ValueError(f"questions={questions} must be at least 1")


def _about(group: Any) -> str:
    return (
        f"error about these {group.people:,} people ({group.share:.1%} of the questions); right {group.right:.0%},"
        f" IDK {group.idk:.0%}"
    )


def _reliability(believed: Believed) -> Table:
    rows = [
        [f"{one.low:.1f} – {one.low + 1 / BINS:.1f}", f"{one.confidence:.4f}", f"{one.right:.4f}"]
        for one in believed.histogram
    ]
    return Table(columns=["probability of a response", ">mean probability", ">share true"], rows=rows)
