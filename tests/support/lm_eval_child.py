"""Run the real lm-eval on wrapped tasks with a model whose answers are known, or with a real one.

A process of its own, for the Hub's address. Called with the folder of the task files, the folder for samples, the
tasks, separated by commas, and the address of a llama.cpp server. Without an address, the model answers numbers with
their sum, the first question of a task with "I don't know", and finds an option likelier the longer it is.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from typing import Any
from urllib.request import Request, urlopen

import lm_eval
from lm_eval.api.model import LM
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager

from evalkit.logprobs.llama_client import TokenServer


class KnownModel(LM):  # type: ignore[misc,unused-ignore] # lm-eval is no dependency
    """A model by rules."""

    def generate_until(self, requests: list[Any], **_: Any) -> list[str]:
        """Answer with the sum of the last question's numbers, and on even sums without the mark of an answer."""
        return [self._answer(request.args[0]) for request in requests]

    def loglikelihood(self, requests: list[Any], **_: Any) -> list[tuple[float, bool]]:
        """Find a continuation likelier the longer it is."""
        return [(float(len(request.args[1]) - 20), False) for request in requests]

    def loglikelihood_rolling(self, requests: list[Any], **_: Any) -> list[float]:
        """Not asked for."""
        raise NotImplementedError

    @staticmethod
    def _answer(prompt: str) -> str:
        question = prompt.rpartition("Question:")[2]
        first, second = (int(number) for number in re.findall(r"\d+", question)[:2])
        if first == 1:
            return " I don't know."
        return f" It is {first + second}" + (f".\n#### {first + second}" if first % 2 else ", or more.")


class ServedModel(LM):  # type: ignore[misc,unused-ignore] # likewise
    """A model behind a llama.cpp server, which reports no likelihood of a prompt: options are read token by token.

    Args:
        url: the server's address, ending in /v1.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def generate_until(self, requests: list[Any], **_: Any) -> list[str]:
        """Continue each prompt up to a stop word, or to 48 tokens."""
        return [self._continue(*request.args) for request in requests]

    def loglikelihood(self, requests: list[Any], **_: Any) -> list[tuple[float, bool]]:
        """Add up the log-probabilities of each continuation's tokens."""
        return asyncio.run(self._measure([request.args for request in requests]))

    def loglikelihood_rolling(self, requests: list[Any], **_: Any) -> list[float]:
        """Not asked for."""
        raise NotImplementedError

    def _continue(self, prompt: str, settings: dict[str, Any]) -> str:
        body = {"prompt": prompt, "stop": settings["until"], "max_tokens": 48, "temperature": 0}
        header = {"Content-Type": "application/json"}
        with urlopen(Request(f"{self._url}/completions", json.dumps(body).encode(), header)) as answer:
            return str(json.load(answer)["choices"][0]["text"])

    async def _measure(self, pairs: list[tuple[str, str]]) -> list[tuple[float, bool]]:
        measured = []
        async with TokenServer(self._url) as server:
            for context, continuation in pairs:
                tokens, start = await server.tokenize(context + continuation), len(await server.tokenize(context))
                logprobs = [
                    (await server.next_logprobs(tokens[:k], {tokens[k]}))[tokens[k]] for k in range(start, len(tokens))
                ]
                measured.append((sum(logprobs), False))
        return measured


def main(files: str, output: str, tasks: str, url: str = "") -> None:
    """Evaluate, save the samples, and print the results."""
    manager = TaskManager(include_path=files)
    results = lm_eval.simple_evaluate(
        model=ServedModel(url) if url else KnownModel(), tasks=tasks.split(","), task_manager=manager, num_fewshot=1,
        log_samples=True, bootstrap_iters=0,
    )  # fmt: skip
    samples = results.pop("samples")
    tracker = EvaluationTracker(output_path=output)
    tracker.general_config_tracker.model_name = tracker.general_config_tracker.model_name_sanitized = "known"
    tracker.save_results_aggregated(results=results, samples=samples)
    for task, rows in samples.items():
        tracker.save_results_samples(task_name=task, samples=rows)
    sys.stdout.write(json.dumps(results["results"], default=str) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
