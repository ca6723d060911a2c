"""Count-based n-gram models with absolute discounting: small, real language models that can be looked through."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from evalkit.theory.worlds import World, make_world

START = "<s>"
SENTENCES = (
    ("She lost it and was completely out of", "her mind."),
    ("He lost it and was completely out of", "his mind."),
)
"""Corollary 2: no model that looks back fewer than eight words can tell them apart."""


class NGram:
    """Next-word probabilities from counts of the last n − 1 words.

    Args:
        n: order, at least 1.
        discount: taken from every count and given to the next shorter history (absolute discounting); 0 gives plain
            counts, and shorter histories only where a longer one was never seen.
    """

    def __init__(self, n: int, discount: float = 0.0) -> None:
        if n < 1 or not 0 <= discount < 1:
            raise ValueError("an order of at least 1 and a discount in [0, 1)")
        self.n = n
        self.discount = discount
        self._counts: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        self._vocabulary: set[str] = set()

    def fit(self, sentences: Iterable[str]) -> NGram:
        """Count the words of some sentences; may be called again."""
        for sentence in sentences:
            words = [START] * (self.n - 1) + sentence.split()
            for k in range(self.n - 1, len(words)):
                self._vocabulary.add(words[k])
                for length in range(self.n):
                    self._counts[tuple(words[k - length : k])][words[k]] += 1
        return self

    def probability(self, word: str, history: Sequence[str]) -> float:
        """p̂(word | history).

        Args:
            word: any; one never seen has probability 0.
            history: the words before it; more than n − 1 are ignored.
        """
        if word not in self._vocabulary:
            return 0.0
        padded = [START] * (self.n - 1) + list(history)
        return self._backed_off(word, tuple(padded[len(padded) - (self.n - 1) :]))

    def score(self, context: str, response: str) -> float:
        """p̂(response | context), the product over its words."""
        words, product = context.split(), 1.0
        for word in response.split():
            product *= self.probability(word, words)
            words.append(word)
        return product

    def _backed_off(self, word: str, history: tuple[str, ...]) -> float:
        counts = self._counts.get(history)
        if counts is None:
            return self._backed_off(word, history[1:]) if history else 0.0
        total = counts.total()
        own = max(counts[word] - self.discount, 0.0) / total
        if not self.discount:
            return own
        left = self.discount * len(counts) / total
        shorter = self._backed_off(word, history[1:]) if history else 1 / len(self._vocabulary)
        return own + left * shorter


def out_of_mind(n: int) -> World:
    """Corollary 2's example: the world of an n-gram model trained on both sentences, which ends either in two ways.

    Args:
        n: order of the model.
    """
    model = NGram(n).fit(f"{context} {response}" for context, response in SENTENCES)
    truth, rows = [], []
    for context, right in SENTENCES:
        scores = [model.score(context, response) for _, response in SENTENCES]
        rows.append([score / sum(scores) for score in scores])
        truth.append([float(response == right) for _, response in SENTENCES])
    return make_world([1 / len(SENTENCES)] * len(SENTENCES), truth, rows, [[p > 0 for p in row] for row in truth])
