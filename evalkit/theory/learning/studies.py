"""`evalkit theory train` and `evalkit theory posttrain`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.display import Block, Table
from evalkit.errors import RunInterruptedError, UsageError
from evalkit.theory import is_it_valid
from evalkit.theory.birthday_corpus import DATES
from evalkit.theory.facts import SampleStatistics
from evalkit.theory.is_it_valid import Reduction
from evalkit.theory.learning import measure
from evalkit.theory.learning.checkpoint import PRETRAINED, SUFFIX, Checkpoint, Progress, load
from evalkit.theory.learning.corpus import Corpus, write_corpus
from evalkit.theory.learning.measure import Asked, Behavior, Believed
from evalkit.theory.learning.policy import update_policy
from evalkit.theory.learning.pretrain import Notify, pretrain
from evalkit.theory.learning.settings import TARGETS, PosttrainSettings, TrainSettings
from evalkit.theory.quantities import Quantities, Quantity
from evalkit.theory.reliability import BINS

if TYPE_CHECKING:
    import pandas as pd

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
        return [*super().blocks(), _reliability_table({"": self.believed}, "response", "true")]

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
    _check_questions(questions)
    where = Path(folder)
    corpus = write_corpus(settings)
    model = _existing(where, PRETRAINED, settings, None)
    if model is None:
        progress = Progress(where, PRETRAINED, settings, None)
        with _Resumable(where):
            model = pretrain(settings, corpus, progress, notify)
        model.save(where)
        progress.remove()
    asked = measure.draw_asked(corpus, questions, _asking(settings))
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


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A model's behavior toward people whom post-training did not ask about."""

    digest: str
    behaviors: list[Behavior]
    """With no stated target, then at each of `TARGETS`."""
    delta: float
    """δ₊ against the text, with no stated target."""
    believed: Believed
    """Of the dates that it states, with no stated target."""


@dataclass(frozen=True, kw_only=True)
class PosttrainStudy(Quantities):
    """A model before and after post-training, asked about people held out."""

    model: str
    """Its file, without the ending."""
    settings: PosttrainSettings
    questions: int
    before: Snapshot
    after: Snapshot

    def columns(self) -> Sequence[str]:
        """Return the names of the two models."""
        return ("before", "after")

    def quantities(self) -> list[Quantity]:
        """Return errors, abstention and calibration before and after."""
        both = (self.before, self.after)
        plain = [one.behaviors[0] for one in both]
        never = [next((group for group in one.groups if group.seen == "0"), None) for one in plain]
        rows = [
            Quantity("error", [one.wrong for one in plain], "probability of a wrong date; no target stated"),
            Quantity("right", [one.right for one in plain], "probability of the right date"),
            Quantity("IDK", [one.idk for one in plain], 'probability of "unknown"'),
        ]
        if all(never):
            wrong = [group.error for group in never if group]
            rows.append(Quantity("error, never read", wrong, "the same about people whose date it has never read"))
        return [
            *rows,
            Quantity("δ₊", [one.delta for one in both], "its probability of responses above 1/|E|, less the text's"),
            Quantity(
                "calibration error", [one.believed.error for one in both], "of the dates that it states, in ten bins"
            ),
        ]

    def sentences(self) -> list[str]:
        """Return what a guess pays, and the model's name."""
        return [_bluffing(self.settings), f"Ask it like any other model: --model toy/{self.model}"]

    def blocks(self) -> list[Block]:
        """Return the quantities, behavior by stated target, whom it errs about, and the reliability table."""
        sides = {"before": self.before.believed, "after": self.after.believed}
        return [*super().blocks(), self._targets(), self._readings(), _reliability_table(sides, "stated date", "right")]

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a model and stated target: right, wrong, IDK, coverage, accuracy and score."""
        import pandas as pd

        return pd.DataFrame(
            [
                {"model": side, "target": one.target, "right": one.right, "wrong": one.wrong, "idk": one.idk}
                | {"coverage": one.coverage, "accuracy": one.accuracy, "score": one.score}
                for side, snapshot in (("before", self.before), ("after", self.after))
                for one in snapshot.behaviors
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Return settings, and both models' behavior."""
        return dataclasses.asdict(self)

    def _targets(self) -> Table:
        rows = []
        for before, after in zip(self.before.behaviors, self.after.behaviors, strict=True):
            cells = [f"{one:.4f}".replace("-", "−") for each in (before, after) for one in _at_target(each)]
            rows.append(["none" if before.target is None else f"{before.target:g}", *cells])
        heads = [f">{side}: {name}" for side in self.columns() for name in ("coverage", "accuracy", "score")]
        return Table(columns=["target stated", *heads], rows=rows)

    def _readings(self) -> Table:
        """At the highest target that the reward charges for, else with none stated."""
        place = -1 if self.settings.reward == "threshold" else 0
        pairs = zip(self.before.behaviors[place].groups, self.after.behaviors[place].groups, strict=True)
        rows = [
            [f"{one.seen}×", *(f"{cell:.4f}" for group in (one, two) for cell in (group.right, group.error, group.idk))]
            for one, two in pairs
        ]
        heads = [f">{side}: {name}" for side in self.columns() for name in ("right", "wrong", "IDK")]
        stated = "no target stated" if place == 0 else f"t = {TARGETS[-1]:g} stated"
        return Table(columns=[f"date read ({stated})", *heads], rows=rows)


def posttrain(
    settings: PosttrainSettings, *, folder: str | Path, questions: int = 2000, notify: Notify = lambda _: None
) -> PosttrainStudy:
    """Post-train the model of a folder, or read the result from it, and measure both on people held out.

    Args:
        settings: of the reward.
        folder: that `train` has written to; the new model is named after its reward.
        questions: questions asked, with the frequencies of the text, at least 1.
        notify: called with the progress.

    Raises:
        ValueError: `questions` is below 1.
        UsageError: the folder holds no pretrained model, or one of this name and other settings.
        MissingExtraError: the `train` extra is not installed.
        RunInterruptedError: Ctrl-C; the same call resumes.
    """
    _check_questions(questions)
    where = Path(folder)
    origin = load(where / PRETRAINED)
    name = settings.reward if settings.target is None else f"{settings.reward}-{settings.target:g}"
    model = _existing(where, name, origin.settings, settings)
    if model is None:
        progress = Progress(where, name, origin.settings, settings, origin.digest)
        with _Resumable(where):
            model = update_policy(settings, name, origin, progress, notify)
        model.save(where)
        progress.remove()
    asked = measure.draw_asked(origin.corpus, questions, _asking(origin.settings), held_out=True)
    before, after = (_snapshot(one, origin.corpus, asked) for one in (origin, model))
    return PosttrainStudy(
        model=str(where / name), settings=settings, questions=questions, before=before, after=after
    )  # fmt: skip


def _snapshot(model: Checkpoint, corpus: Corpus, asked: Asked) -> Snapshot:
    behaviors = [
        measure.behavior(corpus, asked, measure.probabilities(model, asked.people, t), t) for t in (None, *TARGETS)
    ]  # fmt: skip
    q = measure.probabilities(model, asked.people)
    world = measure.text_world(corpus, asked, q)
    delta = is_it_valid.delta_signed(world, is_it_valid.threshold(world))
    given = measure.believed_answers(corpus, asked, q)
    return Snapshot(digest=model.digest, behaviors=behaviors, delta=delta, believed=given)


def _existing(
    folder: Path, name: str, settings: TrainSettings, posttrained: PosttrainSettings | None
) -> Checkpoint | None:
    """The finished model of a folder; None where there is none."""
    path = folder / f"{name}{SUFFIX}"
    if not path.is_file():
        return None
    model = load(path)
    if (model.settings, model.posttrained) != (settings, posttrained):
        raise UsageError(f"{path} was trained with other settings; name another folder with --out, or remove it")
    return model


class _Resumable:
    """Turns Ctrl-C into one line that says how to resume."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is KeyboardInterrupt:
            raise RunInterruptedError(
                "interrupted; the same command resumes from what is kept", str(self._folder)
            ) from None


def _asking(settings: TrainSettings) -> np.random.Generator:
    return np.random.default_rng([settings.seed, ASKING])


def _check_questions(questions: int) -> None:
    if questions < 1:
        raise ValueError(f"questions={questions} must be at least 1")


def _about(group: Any) -> str:
    return (
        f"error about these {group.people:,} people ({group.share:.1%} of the questions); right {group.right:.0%},"
        f" IDK {group.idk:.0%}"
    )


def _at_target(one: Behavior) -> tuple[float, float, float]:
    return one.coverage, one.accuracy, one.score


def _bluffing(settings: PosttrainSettings) -> str:
    chance = 1 / DATES
    guess = "A guess about a person never read is right once in 366 times"
    if settings.reward == "binary":
        return f"{guess}: it pays {chance:.4f} points, IDK pays 0, so binary grading rewards bluffing."
    targets = TARGETS[1:] if settings.target is None else (settings.target,)
    pays = [f"{chance - (1 - chance) * t / (1 - t):.2f} at t = {t:g}".replace("-", "−") for t in targets]
    return f"{guess}: it pays {', '.join(pays)} points, and IDK pays 0."


def _reliability_table(models: dict[str, Believed], what: str, good: str) -> Table:
    bins = [{each.low: each for each in one.histogram} for one in models.values()]
    rows = []
    for low in sorted({low for one in bins for low in one}):
        cells: list[str] = []
        for one in bins:
            found = one.get(low)
            cells += [f"{found.confidence:.4f}", f"{found.right:.4f}"] if found else ["–", "–"]
        rows.append([f"{low:.1f} – {low + 1 / BINS:.1f}", *cells])
    prefixes = [f"{name}: " if name else "" for name in models]
    heads = [f">{prefix}{name}" for prefix in prefixes for name in ("mean probability", f"share {good}")]
    return Table(columns=[f"probability of a {what}", *heads], rows=rows)
