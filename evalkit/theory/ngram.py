"""Count-based n-gram models with absolute discounting: language models small enough to inspect."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from evalkit.theory.worlds import World, make_world

START = "<s>"
SENTENCES = (
    ("She lost it and was completely out of", "her mind."),
    ("He lost it and was completely out of", "his mind."),
)
"""Corollary 2's sentences: a model must look back eight words to tell them apart."""


class NGram:
    """Next-word probabilities from counts after the last n − 1 words (Ney, Essen, Kneser 1994).

    Args:
        n: order, at least 1.
        discount: subtracted from every count and given to the next shorter history, in [0, 1); with 0, a shorter
            history is used only where the longer one was never seen.

    Raises:
        ValueError: the order or the discount is out of range.
    """

    def __init__(self, n: int, discount: float = 0.0) -> None:
        if n < 1 or not 0 <= discount < 1:
            raise ValueError(f"n={n} must be at least 1, and discount={discount} in [0, 1)")
        self.n = n
        self.discount = discount
        self._counts: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        self._vocabulary: set[str] = set()

    def fit(self, sentences: Iterable[str]) -> NGram:
        """Count the words of some sentences, in addition to earlier ones; return the model.

        Args:
            sentences: each split at white space.
        """
        for sentence in sentences:
            words = [START] * (self.n - 1) + sentence.split()
            for k in range(self.n - 1, len(words)):
                self._vocabulary.add(words[k])
                for length in range(self.n):
                    self._counts[tuple(words[k - length : k])][words[k]] += 1
        return self

    def probability(self, word: str, history: Sequence[str]) -> float:
        """Return p̂(word | history), in [0, 1].

        Args:
            word: the next word; a word never seen has probability 0.
            history: the words before it, of which the last n − 1 matter.
        """
        if word not in self._vocabulary:
            return 0.0
        padded = [START] * (self.n - 1) + list(history)
        return self._back_off(word, tuple(padded[len(padded) - (self.n - 1) :]))

    def score(self, context: str, response: str) -> float:
        """Return p̂(response | context), in [0, 1], the product over the words of the response.

        Args:
            context: words before the response.
            response: words, split at white space.
        """
        words, product = context.split(), 1.0
        for word in response.split():
            product *= self.probability(word, words)
            words.append(word)
        return product

    def _back_off(self, word: str, history: tuple[str, ...]) -> float:
        counts = self._counts.get(history)
        if counts is None:
            return self._back_off(word, history[1:]) if history else 0.0
        total = counts.total()
        own = max(counts[word] - self.discount, 0.0) / total
        if not self.discount:
            return own
        left = self.discount * len(counts) / total
        shorter = self._back_off(word, history[1:]) if history else 1 / len(self._vocabulary)
        return own + left * shorter


def out_of_mind(n: int) -> World:
    """Return the world of an n-gram model trained on both sentences of Corollary 2, with both endings as responses.

    Args:
        n: order of the model, at least 1.

    Raises:
        ValueError: the order is below 1.
    """
    model = NGram(n).fit(f"{context} {response}" for context, response in SENTENCES)
    truth, rows = [], []
    for context, right in SENTENCES:
        scores = [model.score(context, response) for _, response in SENTENCES]
        rows.append([score / sum(scores) for score in scores])
        truth.append([float(response == right) for _, response in SENTENCES])
    return make_world([1 / len(SENTENCES)] * len(SENTENCES), truth, rows, [[p > 0 for p in row] for row in truth])
