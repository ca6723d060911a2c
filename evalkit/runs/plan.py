"""The plan of a run: what to ask, how, and in which order."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from evalkit.errors import InputError
from evalkit.grading import confidence
from evalkit.models import Form, Request
from evalkit.money.prices import Price
from evalkit.plugins import BoundGrader, users_code
from evalkit.records import Completion, Grade, Message, NonAnswer, Outcome, RecordKey, Sample, Task, encodable
from evalkit.runs.counting import CardBuilder
from evalkit.runs.examples import example_turns
from evalkit.runs.prompts import PAPER, build_messages, instructions, prompt_fingerprint
from evalkit.runs.selection import ALL, Selection
from evalkit.runs.tally import CardKey, Tally
from evalkit.runs.wordings import Wording


@dataclass(frozen=True)
class PlannedTask:
    """A task with its grader resolved."""

    task: Task
    grader: str
    """Name of the grader."""
    grade: BoundGrader
    """The grader, its parameters bound."""
    examples: Sequence[Sample] = ()
    """Few-shot examples, one more than each prompt shows."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything to ask in a run, and how."""

    run: str
    """Name of the run folder."""
    model: str
    tasks: Sequence[PlannedTask]
    thresholds: Sequence[float | None]
    selection: Selection = ALL
    """Which samples of each task are asked."""
    epochs: int = 1
    seed: int = 0
    temperature: float = 0.0
    max_tokens: int | None = None
    """Longest answer, in tokens, as the user stated it."""
    default_max_tokens: int | None = None
    """What the provider makes of None; it may drop it for models that reason."""
    form: Form = "chat"
    system: str | None = None
    wording: Wording = PAPER
    """How a confidence target is stated."""
    confidence: confidence.Source = "none"
    count_as: Mapping[NonAnswer, Outcome] = field(default_factory=dict)
    prices: Mapping[str, Price | None] = field(default_factory=dict)
    """The model, and those that graders ask → price; None where none is known."""

    def messages(self, planned: PlannedTask, sample: Sample, threshold: float | None) -> list[Message]:
        """The prompt for one sample of a task at one confidence target."""
        turns: Sequence[Message] = sample.turns
        if planned.examples:
            turns = [*example_turns(planned.examples, sample, lambda text: self._put(text, threshold)), *turns]
        return build_messages(sample.asked, threshold, self.system, self._closing, turns, self.wording)

    def _put(self, question: str, threshold: float | None) -> str:
        """The user's turn around a question."""
        return build_messages(question, threshold, closing=self._closing, wording=self.wording)[-1].content

    def token_limit(self, task: Task) -> int | None:
        """Longest answer that a task's first request asks for, in tokens; None if no limit is sent.

        The user's limit comes first. A benchmark's own replaces the provider's, but never adds one where the provider
        sends none, and never lowers it. The provider may drop it for models that reason.
        """
        if self.max_tokens is not None or self.default_max_tokens is None:
            return self.max_tokens
        return max(self.default_max_tokens, task.max_tokens or 0)

    def prompted(self, sample: Sample, threshold: float | None) -> Sample:
        """The sample with the rest of its prompt, for graders."""
        words = instructions(threshold, self._closing, self.wording)
        return sample.model_copy(update={"instructions": words}) if words else sample

    def request(self, job: Job, messages: Sequence[Message]) -> Request:
        """What the model is asked for one answer.

        Raises:
            UsageError: the task's function for its responses raises.
        """
        responses: Sequence[str] = job.sample.choices or ()
        if job.planned.task.responses is not None:
            with users_code(f"responses of task {job.planned.task.name}"):
                responses = job.planned.task.responses(job.sample)
        return self.request_for(job.planned.task, messages, job.epoch, responses)

    def request_for(
        self, task: Task, messages: Sequence[Message], epoch: int, responses: Sequence[str] = ()
    ) -> Request:
        """What the model is asked for a prompt of a task."""
        return Request(
            messages=messages,
            temperature=self.temperature,
            max_tokens=self.max_tokens,
            usual_max_tokens=task.max_tokens,
            # Different for each epoch, the same for every threshold: only the prompt differs between thresholds.
            seed=self.seed * 1000 + epoch,
            logprobs=confidence.TOP if self.confidence == "logprob" else 0,
            responses=responses,
        )

    @property
    def total(self) -> int | None:
        """Number of answers planned; None if a task does not know how many samples it has."""
        counts = [self.selection.count(planned.task.samples) for planned in self.tasks]
        if None in counts:
            return None
        return sum(n for n in counts if n is not None) * len(self.thresholds) * self.epochs

    def new_tally(self) -> Tally:
        """An empty tally with a card for each task and threshold, in plan order."""
        keys = [CardKey(planned.task.name, t) for planned in self.tasks for t in self.thresholds]
        cards = {key: CardBuilder(by_item=self.epochs > 1) for key in keys}
        if self.confidence != "none":
            for card in cards.values():
                card.expect_confidences()
        stated = [t for t in self.thresholds if t is not None]
        return Tally(cards=cards, total=self.total, keep_outcomes=len(stated) > 1)

    @property
    def _closing(self) -> str:
        return confidence.ASK if self.confidence == "verbal" else ""


class Answered(NamedTuple):
    """A completion that only lacks a verdict."""

    completion: Completion
    prompt: str
    """Hexadecimal fingerprint of the prompt that it answers; "" in journals of older versions."""
    grade: Grade | None = None
    """Its grade, where it has one."""


class Job(NamedTuple):
    """One answer to get."""

    planned: PlannedTask
    sample: Sample
    threshold: float | None
    epoch: int
    key: RecordKey


def plan_jobs(
    plan: Plan, tally: Tally, done: Mapping[RecordKey, bytes], only: Container[RecordKey] | None = None
) -> Iterator[Job]:
    """All answers to get, sample by sample, so that an interrupted run has the same samples at every threshold.

    Args:
        plan: the plan.
        tally: receives the fingerprints of the samples of all shards, and the number of records whose sample is no
            longer asked.
        done: recorded keys, with the fingerprints of their prompts.
        only: the keys of the answers to get; None for all that are not recorded.

    Raises:
        InputError: a task yields the same sample id twice, or something other than a Sample; or the prompt of a
            recorded sample has changed.
    """
    met = 0
    for planned in plan.tasks:
        task = planned.task
        checksum = hashlib.blake2b(digest_size=16)
        seen: set[str] = set()
        for number, sample in enumerate(draw_undivided(task, plan.selection)):
            if sample.id in seen:
                raise InputError(f"task {task.name} yields sample {sample.id!r} twice; ids must be unique")
            seen.add(sample.id)
            checksum.update("\0".join((sample.id, sample.asked, *sample.target, "\n")).encode(errors="surrogatepass"))
            if not plan.selection.asks(number):
                continue
            for threshold in plan.thresholds:
                for epoch in range(1, plan.epochs + 1):
                    key = RecordKey(task.name, plan.model, sample.id, epoch, threshold)
                    recorded = done.get(key)
                    if recorded is None:
                        if only is None or key in only:
                            yield Job(planned, sample, threshold, epoch, key)
                        continue
                    met += 1
                    if recorded != prompt_fingerprint(sample.target, plan.messages(planned, sample, threshold)):
                        raise changed(task.name, sample.id)
        if not seen and plan.selection != ALL:
            raise InputError(f"task {task.name} has no such sample: nothing would be asked")
        tally.fingerprints[task.name] = checksum.hexdigest()
    tally.strays = len(done) - met


def changed(task: str, sample_id: str) -> InputError:
    """The error for a recorded answer whose prompt differs from the task's current one."""
    return InputError(
        f"task {task}: the prompt or target of sample {sample_id!r} changed since this run was recorded;"
        " start a new run"
    )


def draw(task: Task, selection: Selection = ALL) -> Iterator[Sample]:
    """The selected samples of a task.

    Raises:
        UsageError: the task's generator raises.
        InputError: it yields something other than a Sample.
    """
    return selection.of(_all(task))


def draw_undivided(task: Task, selection: Selection) -> Iterator[Sample]:
    """The selected samples of all shards; errors as `draw`."""
    return selection.undivided(_all(task))


def _all(task: Task) -> Iterator[Sample]:
    with users_code(f"task {task.name}"):
        for sample in task.samples:
            if not isinstance(sample, Sample):
                raise InputError(f"task {task.name} yields {type(sample).__name__}, not Sample")
            yield encodable(sample)
