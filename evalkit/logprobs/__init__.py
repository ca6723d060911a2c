"""Exact probabilities of a real model over a finite set of answers: every token of every answer is scored.

`selection` chooses the questions of a task, `prompt` renders them and lists the spellings of an answer. `llama_client`
asks llama.cpp's server for the probability of any token, `token_trie` scores many answers and their shared prefixes
once. `measure` turns the results into a world, and `checkpoint` keeps them in a file. Probability on anything outside
the set is reported as mass outside.
"""

from evalkit.logprobs.checkpoint import ScoredQuestion
from evalkit.logprobs.llama_client import TokenServer
from evalkit.logprobs.measure import Outside, make_exact_world, score
from evalkit.logprobs.prompt import Form
from evalkit.logprobs.selection import Selection, Settings, choose
from evalkit.logprobs.token_trie import answer_logprobs

__all__ = [
    "Form",
    "Outside",
    "ScoredQuestion",
    "Selection",
    "Settings",
    "TokenServer",
    "answer_logprobs",
    "choose",
    "make_exact_world",
    "score",
]
