"""A real model's own probabilities over a finite set of answers, exactly: every token of every answer is scored.

`questions` chooses what is asked of a task, `asking` is how it is put and which spellings are one answer; `server` asks
llama.cpp for the probability of any token, `tree` walks the answers, shared beginnings once; `measuring` makes a world
of it, and `keeping` a file. What is not in the set is reported as mass outside.
"""

from evalkit.logprobs.checkpoint import Scored
from evalkit.logprobs.llama_client import TokenServer
from evalkit.logprobs.measure import Outside, make_exact_world, score
from evalkit.logprobs.prompt import Form
from evalkit.logprobs.selection import Chosen, Settings, choose
from evalkit.logprobs.token_trie import answer_logprobs

__all__ = [
    "Chosen",
    "Form",
    "Outside",
    "Scored",
    "Settings",
    "TokenServer",
    "answer_logprobs",
    "choose",
    "make_exact_world",
    "score",
]
