"""A real model's own probabilities over a finite set of answers, exactly: every token of every answer is scored.

`server` asks llama.cpp for the probability of any token; `tree` walks the answers, shared beginnings once; `asking` is
how a question is put and which spellings are one answer; `measuring` makes a world of a task's questions. What is not
in the set is reported as mass outside.
"""

from evalkit.exact.asking import Form
from evalkit.exact.measuring import Outside, Scored, Settings, make_exact_world, score_task
from evalkit.exact.server import TokenServer
from evalkit.exact.tree import answer_logprobs

__all__ = [
    "Form",
    "Outside",
    "Scored",
    "Settings",
    "TokenServer",
    "answer_logprobs",
    "make_exact_world",
    "score_task",
]
