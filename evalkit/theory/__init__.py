"""The quantities of "Why Language Models Hallucinate" (Kalai et al. 2025), computed exactly on finite worlds.

`measure_bounds`, `measure_facts`, `measure_ngrams` and `measure_hardness` are what `evalkit theory` prints. Beneath
them: `worlds` holds prompts, responses, the truth and a model; `is_it_valid` the reduction to "is it valid?"; `bounds`
the theorems; `reliability` the calibration histogram; `facts` arbitrary facts with their singleton rate;
`birthday_corpus` them as a text with a language model trained on it; `ngram` count-based models; `decryption` and
`binary_graders` the two observations. Pure: numpy only.
"""

from evalkit.theory.quantities import Quantities, Quantity
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

__all__ = [
    "BoundsStudy",
    "FactsStudy",
    "HardnessStudy",
    "NGramStudy",
    "Quantities",
    "Quantity",
    "measure_bounds",
    "measure_facts",
    "measure_hardness",
    "measure_ngrams",
]
