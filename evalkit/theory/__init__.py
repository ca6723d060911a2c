"""The quantities of "Why Language Models Hallucinate" (Kalai, Nachum, Vempala, Zhang 2025), exact on finite worlds.

The paper proves that a model's errors are bounded below by its errors as a classifier of valid responses. This package
computes both sides on worlds small enough to enumerate:

>>> from evalkit.theory import make_world, reduction
>>> world = make_world(mu=[1], p=[[1, 0, 0, 0, 0, 0]], q=[[0.05] + 5 * [0.19]], valid=[[True] + 5 * [False]])
>>> terms = reduction(world)
>>> round(terms.error, 3), round(terms.error_iiv, 3), round(terms.bound, 3)
(0.95, 0.5, 0.8)

| module | holds |
|---|---|
| `studies` | `measure_bounds`, `measure_facts`, `measure_ngrams`, `measure_hardness`: what `evalkit theory` prints |
| `worlds` | `World`: prompts, responses, what is valid, the truth and a model; worlds drawn at random |
| `is_it_valid` | the model as a classifier of valid responses: err, err_iiv, δ, Theorem 1, the loss |
| `bounds` | Theorems 2 and 3 and Observation 2 as functions of a few numbers |
| `facts` | arbitrary facts (Theorem 2): singleton rate, missing mass, Good–Turing |
| `birthday_corpus` | arbitrary facts as a text, and a language model trained on it |
| `ngram` | count-based n-gram models (Corollary 2) |
| `decryption` | a code that a model cannot break (Observation 2) |
| `binary_graders` | why binary grading never rewards IDK (Observation 1) |
| `reliability` | calibration over all pairs of prompt and response |
| `quantities` | how a study prints itself |
| `learning` | a small neural language model, trained on facts and rewarded for its answers |

Probabilities are in [0, 1], losses in nats. Invalid input raises ValueError. Functions of one world that have a
general name stay in their module: `from evalkit.theory import is_it_valid`, then `is_it_valid.error(world)`.
"""

from evalkit.theory import learning
from evalkit.theory.binary_graders import best_responses, check_binary
from evalkit.theory.birthday_corpus import CorpusResult, Group
from evalkit.theory.bounds import choice_bound, decryption_bound, facts_lower, facts_upper
from evalkit.theory.decryption import Decryption, measure_decryption
from evalkit.theory.facts import (
    Facts,
    SampleStatistics,
    good_turing,
    memorizing_world,
    singleton_rate,
    zipf_facts,
)
from evalkit.theory.is_it_valid import (
    Reduction,
    best_threshold,
    delta_curve,
    estimate_delta,
    reduction,
    threshold_curve,
)
from evalkit.theory.ngram import NGram, out_of_mind
from evalkit.theory.quantities import Quantities, Quantity
from evalkit.theory.reliability import classwise_ece
from evalkit.theory.studies import (
    BoundsStudy,
    FactsStudy,
    HardnessStudy,
    NGramStudy,
    measure_bounds,
    measure_facts,
    measure_hardness,
    measure_ngrams,
)
from evalkit.theory.worlds import KINDS, World, check_world, make_world, random_world

__all__ = [
    "KINDS",
    "BoundsStudy",
    "CorpusResult",
    "Decryption",
    "Facts",
    "FactsStudy",
    "Group",
    "HardnessStudy",
    "NGram",
    "NGramStudy",
    "Quantities",
    "Quantity",
    "Reduction",
    "SampleStatistics",
    "World",
    "best_responses",
    "best_threshold",
    "check_binary",
    "check_world",
    "choice_bound",
    "classwise_ece",
    "decryption_bound",
    "delta_curve",
    "estimate_delta",
    "facts_lower",
    "facts_upper",
    "good_turing",
    "learning",
    "make_world",
    "measure_bounds",
    "measure_decryption",
    "measure_facts",
    "measure_hardness",
    "measure_ngrams",
    "memorizing_world",
    "out_of_mind",
    "random_world",
    "reduction",
    "singleton_rate",
    "threshold_curve",
    "zipf_facts",
]
