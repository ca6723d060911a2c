"""Studies of the paper's statements on small worlds: one function for each `evalkit theory` command without a model.

Each returns a value that prints itself, converts with `to_dataframe()` and `to_dict()`, and is drawn by
`evalkit.plot`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from evalkit.theory import birthday_corpus, is_it_valid
from evalkit.theory.birthday_corpus import CorpusResult
from evalkit.theory.bounds import choice_bound, facts_lower, facts_upper
from evalkit.theory.decryption import Decryption, measure_decryption
from evalkit.theory.is_it_valid import Reduction
from evalkit.theory.ngram import out_of_mind
from evalkit.theory.quantities import Quantities, Quantity
from evalkit.theory.worlds import KINDS, World, random_world

Kind = Literal["dirichlet", "sharp", "uniform", "truth", "wrong"]
SMALLEST = 30
"""Sentences of the smallest text in a sweep."""
STEPS = 20
"""Steps of a sweep over the share of codes that a model breaks."""


@dataclass(frozen=True, kw_only=True)
class BoundsStudy(Quantities):
    """Theorem 1 on one random world; see `measure_bounds` for the settings."""

    seed: int
    prompts: int
    responses: int
    model: Kind
    reduction: Reduction
    """Theorem 1 with one threshold for all prompts, as in the paper."""
    per_prompt: Reduction
    """Theorem 1 with a threshold for each prompt."""
    opt: float
    """The lowest err_iiv over all thresholds."""
    opt_at: float
    """The threshold that reaches it."""
    fewest_errors: int
    """Number of errors of the prompt that has the fewest."""

    def quantities(self) -> list[Quantity]:
        """Return err, err_iiv, the terms that relate them, and the bounds."""
        one = self.reduction
        return [
            Quantity("err", [one.error], "probability that the model states an error"),
            Quantity("err_iiv", [one.error_iiv], "how often it is wrong as a classifier of valid responses"),
            Quantity("δ₊", [one.delta_signed], "its probability of responses above the threshold, less the true one"),
            Quantity("max|V|/min|E|", [one.size_term], "most valid responses of a prompt over fewest errors of one"),
            Quantity("bound", [one.bound], "Theorem 1: err ≥ 2·err_iiv − max|V|/min|E| − δ, where δ = |δ₊|"),
            Quantity("slack", [one.slack], "err − bound; never negative"),
            Quantity("bound, signed δ", [one.bound_signed], "the same with δ₊ for δ; also true, and never lower"),
            Quantity("bound, per prompt", [self.per_prompt.bound_signed], "the same with a threshold for each prompt"),
            Quantity("opt", [self.opt], f"lowest err_iiv of any threshold, reached at {self.opt_at:.3g}"),
            Quantity("identity check", [one.identity - one.error], "0 if the exact identity behind Theorem 1 holds"),
        ]

    def sentences(self) -> list[str]:
        """Return what Theorem 1 says about this model."""
        one = self.reduction
        forced = max(0.0, one.bound, one.bound_signed)
        text = (
            f"The model states an error with probability {one.error:.1%}. As a classifier of valid responses it is"
            f" wrong {one.error_iiv:.1%} of the time, which forces at least {forced:.1%} (Theorem 1)."
        )
        if self.fewest_errors == 1:
            text += " Where a prompt has a single error, the theorem forces nothing."
        return [text]

    def sweep(self, worlds: int = 100) -> list[tuple[str, Reduction]]:
        """Return Theorem 1 on many random worlds, with the kind of model of each; the figure shows these.

        Args:
            worlds: number of worlds of each kind, at least 1.
        """
        random = np.random.default_rng(self.seed)
        return [
            (kind, is_it_valid.reduction(_draw(random, kind, self.prompts, self.responses)))
            for kind in KINDS
            for _ in range(worlds)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the settings and all quantities."""
        return dataclasses.asdict(self)


def measure_bounds(
    *, seed: int = 0, prompts: int = 20, responses: int = 50, model: Kind = "dirichlet"
) -> BoundsStudy:  # fmt: skip
    """Draw a world and relate the model's error to its error as a classifier of valid responses (Theorem 1).

    Args:
        seed: seed of the world, at least 0.
        prompts: number of prompts, at least 1.
        responses: highest number of responses of a prompt, at least 2; the lowest is half of it. One or two of them
            are valid.
        model: kind of model, one of `evalkit.theory.KINDS`.

    Raises:
        ValueError: the kind is unknown, or a number is out of range.
    """
    _check(seed >= 0, f"seed={seed} must be at least 0")
    _check(prompts >= 1, f"prompts={prompts} must be at least 1")
    _check(responses >= 2, f"responses={responses} must be at least 2")  # noqa: PLR2004 - one valid, one error
    world = _draw(np.random.default_rng(seed), model, prompts, responses)
    opt, t = is_it_valid.best_threshold(world)
    return BoundsStudy(
        seed=seed,
        prompts=prompts,
        responses=responses,
        model=model,
        reduction=is_it_valid.reduction(world),
        per_prompt=is_it_valid.reduction(world, per_prompt=True),
        opt=opt,
        opt_at=t,
        fewest_errors=int(world.errors.min()),
    )


@dataclass(frozen=True, kw_only=True)
class FactsStudy(Quantities):
    """Theorem 2 on a text about people and a language model trained on it; see `measure_facts` for the settings."""

    n: int
    people: int | None
    alpha: float
    noise: float
    shift: bool
    questions: int
    seed: int
    trained: CorpusResult
    """Statistics of the text, and the answers of the model trained on it."""
    upper: float
    """Theorem 2's upper bound on the error of its calibrated algorithm."""
    lower: float
    """Theorem 2's lower bound on the error of any calibrated model."""

    def quantities(self) -> list[Quantity]:
        """Return the singleton rate, the missing mass, the errors, and errors by how often a date was read."""
        measured, trained = self.trained.measured, self.trained
        singletons = "people whose date the text gives exactly once, over its sentences"
        missing = "probability of being asked for a date that the text never gives"
        calibrated = "of a model that memorizes, and otherwise guesses as often as the text answers"
        ngram = f"share of wrong answers of a {birthday_corpus.ORDER}-gram model trained on the text"
        quantities = [
            Quantity("singleton rate", [measured.singleton_rate], singletons),
            Quantity("missing mass", [measured.missing_mass], missing),
            Quantity("calibrated error", [measured.error], calibrated),
            Quantity("its upper bound", [self.upper], "Theorem 2"),
            Quantity("lower bound", [self.lower], "Theorem 2, for any calibrated model; loose below N = 10⁶"),
            Quantity("language model's error", [trained.error], f"{ngram}, to {self.questions:,} questions"),
            Quantity("its IDK", [trained.idk], "share of the questions it says IDK to"),
        ]
        for group in trained.groups:
            meaning = (
                f"share of wrong answers about these {group.people:,} people ({group.share:.1%} of the questions);"
                f" right {group.right:.0%}, IDK {group.idk:.0%}"
            )
            quantities.append(Quantity(f"  date read {group.seen}×", [group.error], meaning))
        return quantities

    def sentences(self) -> list[str]:
        """Return what the singleton rate predicts, and whether it is right here."""
        measured = self.trained.measured
        gap, tolerance = abs(measured.missing_mass - measured.singleton_rate), 3 / measured.n**0.5
        text = (
            "The share of people read about once predicts how often one is asked about people never read about:"
            f" singleton rate and missing mass differ by {gap:.3f}, {'below' if gap <= tolerance else 'above'} 3/√N ="
            f" {tolerance:.3f}. A model that says IDK no more often than its text makes up about that share of its"
            f" answers; this one is wrong on {self.trained.error:.1%}."
        )
        if self.noise:
            text += " Theorem 2 assumes a text without errors, and this one has some."
        if self.shift:
            text += " Theorem 2 assumes questions worded as in the text, and these are not."
        return [text]

    def sweep(self) -> list[CorpusResult]:
        """Return results for smaller texts, N falling by factors of √10, and for this one; the figure shows these."""
        sizes = sorted(size for k in range(1, 20) if (size := round(self.n / 10 ** (k / 2))) >= SMALLEST)
        smaller = [
            birthday_corpus.study(n, self.people, self.alpha, self.noise, self.shift, self.questions, self.seed)
            for n in sizes
        ]
        return [*smaller, self.trained]

    def to_dict(self) -> dict[str, Any]:
        """Return the settings and all quantities."""
        settings = {"seed": self.seed, "alpha": self.alpha, "noise": self.noise, "shift": self.shift}
        return {**settings, "upper": self.upper, "lower": self.lower, **dataclasses.asdict(self.trained)}


def measure_facts(
    *, n: int = 10_000, people: int | None = None, alpha: float = 0.8, noise: float = 0.0, shift: bool = False,
    questions: int = 2000, seed: int = 0,
) -> FactsStudy:  # fmt: skip
    """Write a text about people's birthdays, train a language model on it, and ask the model (Theorem 2).

    Args:
        n: sentences of the text, at least 1.
        people: people who may be written about, at least 2; default: twice the sentences.
        alpha: share of sentences that give the date, in [0, 1].
        noise: share of dates in the text that are wrong, in [0, 1).
        shift: ask in words that do not occur in the text.
        questions: questions asked, at least 1.
        seed: seed of all draws, at least 0.

    Raises:
        ValueError: a number is out of range.
    """
    _check(n >= 1, f"n={n} must be at least 1")
    _check(people is None or people >= 2, f"people={people} must be at least 2")  # noqa: PLR2004 - a name needs others to be told from
    _check(0 <= alpha <= 1, f"alpha={alpha} must lie in [0, 1]")
    _check(0 <= noise < 1, f"noise={noise} must lie in [0, 1)")
    _check(questions >= 1, f"questions={questions} must be at least 1")
    _check(seed >= 0, f"seed={seed} must be at least 0")
    trained = birthday_corpus.study(n, people, alpha, noise, shift, questions, seed)
    rate, wrong_dates = trained.measured.singleton_rate, birthday_corpus.DATES - 1
    return FactsStudy(
        n=n,
        people=people,
        alpha=alpha,
        noise=noise,
        shift=shift,
        questions=questions,
        seed=seed,
        trained=trained,
        upper=facts_upper(rate, n, wrong_dates),
        lower=facts_lower(rate, n, wrong_dates),
    )


@dataclass(frozen=True, kw_only=True)
class NGramStudy(Quantities):
    """Corollary 2: n-gram models that look back too few words to tell two sentences apart."""

    error: dict[int, float]
    """Order of the model → its error."""
    bound: dict[int, float]
    """Order of the model → Theorem 3's lower bound on its error."""

    def quantities(self) -> list[Quantity]:
        """Return the error of the model of each order."""
        ends = {True: "tells she from he", False: "ends both sentences alike"}
        return [
            Quantity(f"n = {n}", [error], f"{ends[error == 0]}; Theorem 3 forces {self.bound[n]:.2f}")
            for n, error in self.error.items()
        ]

    def sentences(self) -> list[str]:
        """Return the order from which on the model makes no error."""
        first = next((n for n, error in self.error.items() if not error), None)
        ending = f"; from n = {first} on it does not." if first else "."
        return [f"A model that looks back too few words errs on half, whatever it has read{ending}"]

    def to_dict(self) -> dict[str, Any]:
        """Return errors and bounds by order."""
        return dataclasses.asdict(self)


def measure_ngrams(orders: int = 11) -> NGramStudy:
    """Train n-gram models of every order on the two sentences of Corollary 2 and measure their errors.

    Args:
        orders: the highest order, at least 1.

    Raises:
        ValueError: `orders` is below 1.
    """
    _check(orders >= 1, f"orders={orders} must be at least 1")
    worlds = {n: out_of_mind(n) for n in range(1, orders + 1)}
    return NGramStudy(
        error={n: is_it_valid.error(world) for n, world in worlds.items()},
        bound={n: choice_bound(2, is_it_valid.best_threshold(world)[0]) for n, world in worlds.items()},
    )


@dataclass(frozen=True, kw_only=True)
class HardnessStudy(Quantities):
    """Observation 2 on one model; see `measure_hardness` for the settings."""

    messages: int
    knows: float
    abstains: float
    decryption: Decryption
    """The model's error, and the bound with its terms."""

    def quantities(self) -> list[Quantity]:
        """Return the error, the terms of the bound, and the bound."""
        one = self.decryption
        return [
            Quantity("err", [one.error], "how often it states a wrong message"),
            Quantity("β", [one.beta], "its advantage in telling right from wrong: err_iiv = (1 − β)/2"),
            Quantity("δ", [one.delta], "how far it is from calibrated at the threshold"),
            Quantity("bound", [one.bound], "Observation 2: err ≥ 1 − β − 2/(|M| − 1) − δ"),
            Quantity("slack", [one.error - one.bound], "err − bound; never negative"),
        ]

    def sentences(self) -> list[str]:
        """Return what Observation 2 says about this model."""
        forced = max(0.0, self.decryption.bound)
        errs = f"it errs on {self.decryption.error:.1%}."
        return [f"With {self.messages:,} possible messages the model must err on at least {forced:.1%}; {errs}"]

    def sweep(self) -> list[tuple[float, Decryption]]:
        """Return the share of codes broken, from 0 to 1, with the results for it; the figure shows these."""
        return [(k / STEPS, measure_decryption(self.messages, k / STEPS, self.abstains)) for k in range(STEPS + 1)]

    def to_dict(self) -> dict[str, Any]:
        """Return the quantities."""
        return dataclasses.asdict(self.decryption)


def measure_hardness(*, messages: int = 16, knows: float = 0.0, abstains: float = 0.0) -> HardnessStudy:
    """Measure a model that breaks some codes, and on the others says IDK or guesses (Observation 2).

    Args:
        messages: messages that a ciphertext may stand for, at least 2.
        knows: share of the codes that the model breaks, in [0, 1].
        abstains: probability of IDK on a code that it does not break, in [0, 1].

    Raises:
        ValueError: a number is out of range.
    """
    _check(messages >= 2, f"messages={messages} must be at least 2")  # noqa: PLR2004 - one needs no decryption
    _check(0 <= knows <= 1, f"knows={knows} must lie in [0, 1]")
    _check(0 <= abstains <= 1, f"abstains={abstains} must lie in [0, 1]")
    result = measure_decryption(messages, knows, abstains)
    return HardnessStudy(messages=messages, knows=knows, abstains=abstains, decryption=result)


def _draw(random: np.random.Generator, kind: str, prompts: int, responses: int) -> World:
    return random_world(random, prompts, responses, kind, least=max(2, responses // 2), valids=2)


def _check(holds: bool, text: str) -> None:
    if not holds:
        raise ValueError(text)
