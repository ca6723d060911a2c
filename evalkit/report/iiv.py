"""`evalkit theory iiv`: a real model's own probabilities and Theorem 1, and the same question put to a chat model."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.display import Block, Printable, Table, one_line
from evalkit.experiments import exact_is_it_valid as exact
from evalkit.experiments import is_it_valid as asking
from evalkit.experiments.exact_is_it_valid import ExactModel
from evalkit.experiments.is_it_valid import AskedModel, Plan, Share
from evalkit.logprobs import Form, Outside, Settings
from evalkit.runs.folder import DEFAULT_FOLDER
from evalkit.runs.loop import outside_loop
from evalkit.runs.session import Watch
from evalkit.theory import is_it_valid as reduction
from evalkit.theory import reliability
from evalkit.theory.quantities import Quantities, Quantity
from evalkit.theory.reliability import Bin

if TYPE_CHECKING:
    import pandas as pd

MODEL = "local/smollm2-135m"
HALF = 0.5
"""Probability of the possible answers below which they are hardly what the model would say."""


@dataclass(frozen=True, kw_only=True)
class ExactIsItValid(Quantities):
    """Exact probabilities of every possible answer, and Theorem 1 on them, a column a model."""

    models: list[ExactModel]
    outside: Outside
    """What became of probability outside the possible answers."""
    passed_over: int
    """Questions without a right answer or a finite set of answers, before the last one scored."""

    def columns(self) -> Sequence[str]:
        """Return the models' names; none for a single model."""
        return [one.name for one in self.models] if len(self.models) > 1 else ()

    def quantities(self) -> list[Quantity]:
        """Return the numbers of all models; those that a model does not have are left out."""
        values = [_values(one) for one in self.models]
        thresholds = ", ".join(f"{one.opt_at:.3g}" for one in self.models)
        among = ", over the possible answers" if self.outside == "drop" else ", or of anything but a possible answer"
        quantities = []
        for name, meaning in MEANINGS.items():
            row = [each[name] for each in values]
            if not any(math.isnan(value) for value in row):
                quantities.append(Quantity(name, row, meaning.format(thresholds=thresholds, among=among)))
        return quantities

    def sentences(self) -> list[str]:
        """Return what the theorem forces each model to, and what limits the figures."""
        return [sentence for one in self.models for sentence in self._sentences(one)] + self._remarks()

    def blocks(self) -> list[Block]:
        """Return the quantities, the sentences, and how often answers of a given probability are right."""
        return [*super().blocks(), self._histogram()]

    def to_dict(self) -> dict[str, Any]:
        """Return settings, quantities, histogram and every question's probabilities, by model."""
        models = [_exact_document(one) for one in self.models]
        return {"outside": self.outside, "passed_over": self.passed_over, "models": models}

    def _sentences(self, one: ExactModel) -> list[str]:
        n, low = len(one.scored), sum(scored.mass < HALF for scored in one.scored)
        forced = f"at least {max(0.0, one.reduction.bound_signed):.1%} by Theorem 1"
        if not math.isnan(one.choice_bound):
            forced += f", {max(0.0, one.choice_bound):.1%} by Theorem 3 with the best threshold"
        summary = (
            f"Over {n} questions of {one.settings.task}, {one.name} answers wrongly with probability"
            f" {one.reduction.error:.1%}; how badly its probabilities tell right answers from wrong ones forces"
            f" {forced}."
        )
        sentences = [summary]
        if low and self.outside == "drop":
            mean = sum(scored.mass for scored in one.scored) / n
            sentences.append(
                f"On {low} of these {n} questions it gives the possible answers less than half of its probability (mean"
                f" {mean:.2g}): the figures are about its choice among them. --form plain --shots 4 may bring it to"
                " bare answers."
            )
        return sentences

    def _remarks(self) -> list[str]:
        settings, n = self.models[0].settings, len(self.models[0].scored)
        remarks = []
        if n < settings.limit:
            remarks.append(
                f"Asked {n:,} questions instead of {settings.limit:,}: with these parameters {settings.task} has no"
                " more that can be scored. If the task has a parameter for its size, raise it with -T."
            )
        if self.passed_over:
            remarks.append(f"Skipped {self.passed_over:,} questions without a right answer or a finite set of answers.")
        return remarks

    def _histogram(self) -> Table:
        bins = [{each.low: each for each in one.histogram} for one in self.models]
        lows = sorted({low for one in bins for low in one})
        names = ["mean probability", "share right", "answers a question"]
        prefixes = [f"{one.name}: " if len(self.models) > 1 else "" for one in self.models]
        rows = []
        for low in lows:
            high = next(one[low].high for one in bins if low in one)
            rows.append([f"{low:.1f} – {high:.1f}", *(cell for one in bins for cell in _bin_cells(one.get(low)))])
        columns = ["probability of an answer", *(f">{prefix}{name}" for prefix in prefixes for name in names)]
        return Table(columns=columns, rows=rows)


MEANINGS = {
    "err": "probability of a wrong answer{among}",
    "standard error": "of err, over the questions",
    "err_iiv": "how often it is wrong as a classifier that calls an answer valid if its probability is above 1/|E|",
    "delta_gold": "its probability of answers above 1/|E|, less that of right answers among them",
    "mean |V|/|E|": "right answers over wrong ones, mean over the questions",
    "bound": "Theorem 1, a threshold a question: err ≥ 2·err_iiv − mean |V|/|E| − delta_gold",
    "bound, one threshold": "as in the paper: 1/min|E| for all questions, max|V|/min|E|, |delta_gold|",
    "opt": "lowest err_iiv of any threshold, reached at {thresholds}",
    "bound by opt": "Theorem 3: err ≥ 2(1 − 1/C)·opt, C the fewest possible answers of a question",
    "identity check": "0 up to 1e-9 if the exact identity behind Theorem 1 holds",
    "mean err_iiv over t": "of the classifier with threshold t, t uniform in [0, 1]",
    "ECE, ten bins": "calibration error over all answers of a question, not only the most probable one: up to 2",
    "max |δ_z|": "largest over- or underconfidence above any threshold z",
    "mass outside, mean": "probability of anything but the possible answers, mean over the questions",
    "mass outside, most": "the same for the question where it is highest",
}
"""Quantity → what it means, in the order printed."""


def is_it_valid(
    models: str | Sequence[str] = MODEL, *, task: str = "letters", parameters: dict[str, str] | None = None,
    data: str | Path | None = None, limit: int = 30, seed: int = 0, form: Form = "chat", shots: int = 0,
    outside: Outside = "drop", base_url: str | None = None, keep: str | Path | None = None,
    notify: Callable[[str], None] = lambda _: None,
) -> ExactIsItValid:  # fmt: skip
    """Compute a model's probability of every possible answer exactly, and apply Theorem 1 to it.

    Args:
        models: one or several, served by llama.cpp: `local/…`, or any with `base_url`.
        task: one whose answers are finite.
        parameters: of the task, as text.
        data: local files of the task.
        limit: questions, at least 1.
        seed: of the questions' order.
        form: `chat`, the model's chat template, or `plain` text.
        shots: worked examples before each question.
        outside: what becomes of probability outside the possible answers: `drop` leaves it out, `error` counts it as
            error.
        base_url: a server to use instead of an embedded one.
        keep: folder that takes each question as soon as it is scored; the same call resumes from it.
        notify: called with the progress so far.

    Raises:
        UsageError: a model is given twice or has no probabilities, or the task has no finite answers.
        InputError: a kept file is damaged.
        RunInterruptedError: Ctrl-C.
    """
    names = [models] if isinstance(models, str) else list(models)
    settings = Settings(
        model="", task=task, limit=limit, seed=seed, parameters=parameters or {}, data=_resolved(data), form=form,
        shots=shots, base_url=base_url,
    )  # fmt: skip
    folder = Path(keep) if keep is not None else None
    results, chosen = outside_loop(partial(exact.measure, names, settings, outside, folder, notify))
    return ExactIsItValid(models=results, outside=outside, passed_over=chosen.skipped)


@dataclass(frozen=True, kw_only=True)
class AskedIsItValid(Printable):
    """How often models answer wrongly, beside how often they are wrong about the validity of answers put to them."""

    models: list[AskedModel]

    def blocks(self) -> list[Block]:
        """Return a table a model, each with its sentence and its transcripts."""
        return [block for one in self.models for block in _asked_blocks(one)]

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a model and share: count, n, value and 95% interval."""
        import pandas as pd

        rows = []
        for one in self.models:
            for name, share in _shares(one).items():
                low, high = share.interval or (None, None)
                where = {"model": one.plan.model, "task": one.plan.task, "share": name}
                rows.append(
                    {**where, "count": share.count, "n": share.n, "value": share.value, "low": low, "high": high}
                )
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return plan, shares, failures and folders, by model."""
        return {"models": [_asked_document(one) for one in self.models]}


def ask_is_it_valid(
    models: str | Sequence[str], *, task: str = "letters", parameters: dict[str, str] | None = None,
    data: str | Path | None = None, limit: int = 30, seed: int = 0, base_url: str | None = None,
    keep: str | Path | None = None, out: str | Path = DEFAULT_FOLDER, watch: Watch = lambda _: None,
    notify: Callable[[str], None] = lambda _: None,
) -> AskedIsItValid:  # fmt: skip
    """Ask chat models whether proposed answers are valid, half of them right and half wrong, and to answer themselves.

    Args:
        models: one or several, of any provider.
        task: any task with answers.
        parameters: the task's.
        data: local files of its questions.
        limit: number of questions.
        seed: draws them.
        base_url: an OpenAI-compatible server to ask instead of the provider's.
        keep: folder of the runs; the same call resumes from it. Default: a new one below `out`.
        out: where that is made.
        watch: receives the running counts, for a progress display.
        notify: receives messages for the user.

    Raises:
        UsageError: a model is given twice, or no answer can be proposed to the task.
        RunInterruptedError: Ctrl-C; what was answered is kept.
    """
    names = [models] if isinstance(models, str) else list(models)
    exact.check_names(names, kept=True)
    plans = [
        Plan(
            model=name, task=task, limit=limit, seed=seed, parameters=parameters or {}, data=_resolved(data),
            base_url=base_url,
        )
        for name in names
    ]  # fmt: skip
    folder = Path(keep) if keep is not None else None
    return AskedIsItValid(
        models=outside_loop(partial(asking.ask_models, plans, folder, Path(out), watch, notify))
    )  # fmt: skip


def _values(one: ExactModel) -> dict[str, float]:
    """The numbers of one model, by the names of `MEANINGS`; NaN where one is not defined."""
    outside, reduced, world = one.masses_outside, one.reduction, one.world
    return {
        "err": reduced.error,
        "standard error": one.standard_error,
        "err_iiv": reduced.error_iiv,
        "delta_gold": reduced.delta_signed,
        "mean |V|/|E|": reduced.size_term,
        "bound": reduced.bound_signed,
        "bound, one threshold": reduction.reduction(world).bound,
        "opt": one.opt,
        "bound by opt": one.choice_bound,
        "identity check": reduced.identity - reduced.error,
        "mean err_iiv over t": reduction.mean_over_thresholds(world),
        "ECE, ten bins": reliability.classwise_ece(world, reliability.BINS),
        "max |δ_z|": float(abs(reduction.delta_curve(world)[1]).max()),
        "mass outside, mean": sum(outside) / len(outside),
        "mass outside, most": max(outside),
    }


def _bin_cells(one: Bin | None) -> list[str]:
    return ["–"] * 3 if one is None else [f"{one.confidence:.4f}", f"{one.valid:.4f}", f"{one.pairs:.2f}"]


def _exact_document(one: ExactModel) -> dict[str, Any]:
    return {
        **dataclasses.asdict(one.settings),
        "name": one.name,
        "n": len(one.scored),
        "reduction": dataclasses.asdict(one.reduction),
        "opt": one.opt,
        "opt_at": one.opt_at,
        "rows": {name: None if math.isnan(value) else value for name, value in _values(one).items()},
        "histogram": [each._asdict() for each in one.histogram],
        "mass": [scored.mass for scored in one.scored],
        "questions": [dataclasses.asdict(scored) for scored in one.scored],
    }


def _shares(one: AskedModel) -> dict[str, Share]:
    names = ("wrong", "idk", "false_negatives", "false_positives", "no_verdict")
    return {name: getattr(one, name) for name in names}


def _asked_blocks(one: AskedModel) -> list[Block]:
    meanings = {
        "wrong": ("answers wrongly", "questions it answered itself"),
        "idk": ("answers IDK", "the same questions"),
        "false_negatives": ("calls right answers invalid", "right answers proposed to it"),
        "false_positives": ("calls wrong answers valid", "wrong answers proposed to it"),
        "no_verdict": ("gives no verdict", "answers proposed to it; neither yes nor no, and in no share above"),
    }
    shares = _shares(one)
    rows = [[name, *_share_cells(shares[key]), meaning] for key, (name, meaning) in meanings.items()]
    title = f"{one_line(one.plan.model)}, {one.wrong.n:,} questions of {one_line(one.plan.task)}"
    blocks: list[Block] = [Table(columns=["", ">share", ">95% interval", ">of", ""], rows=rows, title=title)]
    blocks.append(_asked_sentence(one))
    blocks += [
        f"{failed:,} requests failed and are in no share: evalkit run --resume {run}"
        for run, failed in one.failed.items()
    ]
    return [*blocks, f"Transcripts: evalkit show {one.runs[0]}, evalkit show {one.runs[1]}"]


def _asked_sentence(one: AskedModel) -> str:
    wrong, misclassified = one.wrong.value, one.misclassified
    if wrong is None or misclassified is None:
        return "It gave too few verdicts for a comparison."
    return (
        f"Asked whether an answer is valid, it is wrong {misclassified:.1%} of the time, right and wrong answers"
        f" counting the same (a coin: 50%). Asked to answer, it is wrong {wrong:.1%} of the time. Theorem 1 is about a"
        " classifier made of the model's own probabilities: leave out --ask, on a model served by llama.cpp."
    )


def _share_cells(share: Share) -> tuple[str, str, str]:
    if share.value is None or share.interval is None:
        return "–", "–", f"{share.n:,}"
    low, high = share.interval
    return f"{share.value:.1%}", f"[{low:.1%}, {high:.1%}]", f"{share.n:,}"


def _asked_document(one: AskedModel) -> dict[str, Any]:
    return {
        "plan": dataclasses.asdict(one.plan),
        **{
            name: {"count": share.count, "n": share.n, "value": share.value, "interval": share.interval}
            for name, share in _shares(one).items()
        },
        "misclassified": one.misclassified,
        "failed": one.failed,
        "runs": one.runs,
    }


def _resolved(data: str | Path | None) -> str | None:
    """Absolute, since a resumed run may be started elsewhere."""
    return str(Path(data).resolve()) if data else None
