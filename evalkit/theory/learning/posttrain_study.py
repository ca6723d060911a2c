"""`evalkit theory posttrain`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.display import Block, Table
from evalkit.metrics.threshold import penalty
from evalkit.theory import is_it_valid
from evalkit.theory.birthday_corpus import DATES, READINGS
from evalkit.theory.learning import measure
from evalkit.theory.learning.checkpoint import PRETRAINED, Checkpoint, Progress, load
from evalkit.theory.learning.corpus import Corpus
from evalkit.theory.learning.folder import Resumable, find_model, find_posttrained
from evalkit.theory.learning.measure import Asked, Behavior, Believed
from evalkit.theory.learning.policy import update_policy
from evalkit.theory.learning.pretrain import Notify
from evalkit.theory.learning.settings import TARGETS, PosttrainSettings
from evalkit.theory.learning.train_study import check_questions, question_draws
from evalkit.theory.quantities import Quantities, Quantity
from evalkit.theory.reliability import BINS

if TYPE_CHECKING:
    import pandas as pd


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
    """The models of a folder, asked about people held out of post-training."""

    model: str
    """The file of the one just rewarded, without the ending."""
    settings: PosttrainSettings
    questions: int
    models: dict[str, Snapshot]
    """Name → behavior: the pretrained model, then all that were post-trained from it."""

    @property
    def before(self) -> Snapshot:
        """The pretrained model."""
        return self.models[PRETRAINED]

    @property
    def after(self) -> Snapshot:
        """The model just rewarded."""
        return self.models[Path(self.model).name]

    def columns(self) -> Sequence[str]:
        """Return the names of the models."""
        return list(self.models)

    def quantities(self) -> list[Quantity]:
        """Return errors, abstention and calibration, a column a model."""
        plain = [one.behaviors[0] for one in self.models.values()]
        never = [group for one in plain for group in one.groups if group.seen == READINGS[0][0]]
        rows = [
            Quantity("error", [one.wrong for one in plain], "probability of a wrong date; no target stated"),
            Quantity("right", [one.right for one in plain], "probability of the right date"),
            Quantity("IDK", [one.idk for one in plain], 'probability of "unknown"'),
        ]
        if never:
            wrong = [group.error for group in never]
            rows.append(Quantity("error, never read", wrong, "the same about people whose date it has never read"))
        deltas = [one.delta for one in self.models.values()]
        errors = [one.believed.error for one in self.models.values()]
        return [
            *rows,
            Quantity("δ₊", deltas, "its probability of responses above 1/|E|, less the text's"),
            Quantity("calibration error", errors, "of the dates that it states, in ten bins"),
        ]

    def sentences(self) -> list[str]:
        """Return what a guess pays, what abstaining costs, and the model's name."""
        return [
            _guess(self.settings),
            *self._cost_of_idk(),
            f"Ask it like any other model: --model toy/{self.model}",
        ]

    def blocks(self) -> list[Block]:
        """Return the quantities, the sentences, behavior by stated target and by reading, and the reliability table."""
        return [*super().blocks(), self._targets(), self._readings(), self._reliability()]

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a model and stated target: right, wrong, IDK, coverage, accuracy and score."""
        import pandas as pd

        return pd.DataFrame(
            [
                {"model": name, "target": one.target, "right": one.right, "wrong": one.wrong, "idk": one.idk}
                | {"coverage": one.coverage, "accuracy": one.accuracy, "score": one.score}
                | {"score_error": one.score_error, "guessing_score": one.guessing_score}
                for name, snapshot in self.models.items()
                for one in snapshot.behaviors
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Return settings, and the models' behavior."""
        return dataclasses.asdict(self)

    def _cost_of_idk(self) -> list[str]:
        """At t = 0, where an honest model loses to one that guesses."""
        if self.settings.reward != "threshold":
            return []
        zero = self.after.behaviors[1]
        loses = (
            f"Stated t = 0, IDK costs it {zero.guessing_score - zero.score:.4f} points: it scores {zero.score:.4f}, and"
            f" {zero.guessing_score:.4f} if it never said IDK"
        )
        binary = self.models.get("binary")
        return [
            f"{loses}; the model rewarded as binary scores {binary.behaviors[1].score:.4f}." if binary else f"{loses}."
        ]

    def _targets(self) -> Table:
        rows = []
        for place, target in enumerate((None, *TARGETS)):
            for name, snapshot in self.models.items():
                one = snapshot.behaviors[place]
                cells = [one.coverage, one.accuracy, one.score, one.score_error, one.guessing_score]
                rows.append(["none" if target is None else f"{target:g}", name, *map(_digits, cells)])
        heads = [">coverage", ">accuracy", ">score", ">SE", ">without IDK"]
        title = "By stated target t; last, the score if it never said IDK"
        return Table(columns=["t", "model", *heads], rows=rows, title=title)

    def _readings(self) -> Table:
        """At the highest target that the reward charges for, else with none stated."""
        place = -1 if self.settings.reward == "threshold" else 0
        rows = [
            [f"{label}×", name, *map(_digits, (group.right, group.error, group.idk))]
            for label, _, _ in READINGS
            for name, snapshot in self.models.items()
            for group in snapshot.behaviors[place].groups
            if group.seen == label
        ]
        stated = "No target stated" if place == 0 else f"t = {TARGETS[-1]:g} stated"
        return Table(columns=["date read", "model", ">right", ">wrong", ">IDK"], rows=rows, title=stated)

    def _reliability(self) -> Table:
        bins = [{one.low: one.right for one in snapshot.believed.histogram} for snapshot in self.models.values()]
        rows = [
            [f"{low:.1f} – {low + 1 / BINS:.1f}", *(_digits(one[low]) if low in one else "–" for one in bins)]
            for low in sorted({low for one in bins for low in one})
        ]
        title = "How often stated dates are right, by their probability; no target stated"
        return Table(columns=["probability", *(f">{name}" for name in self.models)], rows=rows, title=title)


def posttrain(
    settings: PosttrainSettings, *, folder: str | Path, questions: int = 2000, notify: Notify = lambda _: None
) -> PosttrainStudy:
    """Post-train the model of a folder, or read the result from it, and measure the folder's models on people held out.

    Args:
        settings: of the reward.
        folder: that `train` has written to; the new model is named after its reward.
        questions: questions asked, with the frequencies of the text, at least 1.
        notify: called with the progress.

    Raises:
        ValueError: `questions` is below 1.
        UsageError: the folder holds no pretrained model, or one of this name and other settings.
        InputError: the file of a model is damaged.
        MissingExtraError: the `train` extra is not installed.
        RunInterruptedError: Ctrl-C; the same call resumes.
    """
    check_questions(questions)
    where = Path(folder)
    origin = load(where / PRETRAINED)
    name = settings.reward if settings.target is None else f"{settings.reward}-{settings.target:g}"
    model = find_model(where, name, origin.settings, settings)
    if model is None:
        progress = Progress(where, name, origin.settings, settings, origin.digest)
        with Resumable(where):
            model = update_policy(settings, name, origin, progress, notify)
        model.save(where)
        progress.remove()
    asked = measure.draw_asked(origin.corpus, questions, question_draws(origin.settings), held_out=True)
    models = [origin, *find_posttrained(where, origin.settings)]
    return PosttrainStudy(
        model=str(where / name),
        settings=settings,
        questions=questions,
        models={one.name: _snapshot(one, origin.corpus, asked) for one in models},
    )


def _snapshot(model: Checkpoint, corpus: Corpus, asked: Asked) -> Snapshot:
    behaviors = [
        measure.behavior(corpus, asked, measure.probabilities(model, asked.people, t), t) for t in (None, *TARGETS)
    ]  # fmt: skip
    q = measure.probabilities(model, asked.people)
    world = measure.text_world(corpus, asked, q)
    delta = is_it_valid.delta_signed(world, is_it_valid.threshold(world))
    given = measure.believed_answers(corpus, asked, q)
    return Snapshot(digest=model.digest, behaviors=behaviors, delta=delta, believed=given)


def _digits(value: float) -> str:
    return f"{value:.4f}".replace("-", "−")


def _guess(settings: PosttrainSettings) -> str:
    chance = 1 / DATES
    guess = f"A guess about a person never read is right once in {DATES} times"
    if settings.reward == "binary":
        return f"{guess}: it pays {chance:.4f} points, IDK pays 0, so binary grading rewards bluffing."
    targets = TARGETS[1:] if settings.target is None else (settings.target,)
    pays = [f"{chance - (1 - chance) * penalty(t):.2f} at t = {t:g}".replace("-", "−") for t in targets]
    return f"{guess}: it pays {', '.join(pays)} points, and IDK pays 0."
