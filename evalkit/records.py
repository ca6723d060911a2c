"""The nouns: what is asked, what was said, what it was judged to be.

Everything left of the journal makes a `Record`; everything right of it only reads them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

SCHEMA_VERSION = 1

FinishReason = Literal["stop", "length", "content_filter", "tool_calls", "unknown"]


class Outcome(StrEnum):
    """What an answer counts as: an enum from the grader to the leaderboard."""

    CORRECT = "correct"
    ERROR = "error"
    IDK = "idk"
    MISSING = "missing"
    """No verdict: cut off before it committed, or undecided. In no count of answers; it widens the score."""


class NonAnswer(StrEnum):
    """Why an answer is no answer: kept beside the outcome that it is counted as."""

    EMPTY = "empty"
    """No text at all: idk."""
    ABSTAINED = "abstained"
    """Text that says it does not know, or makes no claim: idk."""
    REFUSAL = "refusal"
    """Text that declines, or a provider's content filter: idk."""
    UNPARSED = "unparsed"
    """A claim is there, but no answer can be read from it: error."""
    PARTIAL = "partial"
    """Judged partly right: idk (0 points, credit kept), though an answer was attempted."""
    TRUNCATED = "truncated"
    """The token limit ended it before it committed to an answer: missing."""


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)


def _read_json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _strings(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


JsonDict = Annotated[
    dict[str, Any],
    BeforeValidator(_read_json),
    # On disk a JSON string, so that the column has one type whatever a task puts into it.
    PlainSerializer(_ENCODER.encode, return_type=str, when_used="json"),
]


JsonList = Annotated[
    list[dict[str, Any]],
    BeforeValidator(_read_json),
    PlainSerializer(_ENCODER.encode, return_type=str, when_used="json"),
]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Message(_Frozen):
    """One turn of the prompt as it was sent."""

    role: Literal["system", "user", "assistant"]
    content: str


class Sample(_Frozen):
    """One question."""

    id: str
    """Unique in its task and the same for every seed and length, so that runs can be paired."""
    input: str
    """The question as put to the model, without any word on scoring."""
    target: Annotated[list[str], BeforeValidator(_strings)] = Field(default_factory=list)
    """The accepted answers; a single string becomes a list of one."""
    choices: list[str] | None = None
    """The options of a multiple-choice question, in the order shown."""
    turns: list[Message] = Field(default_factory=list)
    """Earlier turns of a conversation, of which the input is the last."""
    metadata: JsonDict = Field(default_factory=dict)
    """Anything else; `stratum` names its stratum, `answerable: false` says that only IDK is right."""
    instructions: str = ""
    """What the prompt says beside the question, such as the confidence target; filled in by the engine for graders."""

    @property
    def prompt(self) -> str:
        """The question with what the prompt says beside it: what an answer may echo without claiming anything."""
        return f"{self.input}\n\n{self.instructions}" if self.instructions else self.input

    @property
    def stratum(self) -> str | None:
        """The stratum that the sample belongs to, or None."""
        value = self.metadata.get("stratum")
        return None if value is None else str(value)

    @property
    def answerable(self) -> bool:
        """Whether any claim can be right."""
        return self.metadata.get("answerable", True) is not False


class Usage(_Frozen):
    """Tokens of one call; None where the server did not say."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    """Those of the prompt that the provider read from its cache."""


class Completion(_Frozen):
    """What the model returned."""

    text: str
    """The answer, without reasoning."""
    reasoning: str | None = None
    """Thinking that the server, or tags such as `<think>`, set apart from the answer."""
    finish_reason: FinishReason = "unknown"
    """Why it stopped; `length` means truncated."""
    usage: Usage = Usage()
    logprobs: JsonList | None = None
    """Token log-probabilities as the server gave them, if asked for."""
    latency: float | None = None
    """Seconds from sending the request to having the answer, of the attempt that succeeded."""
    refusal: str | None = None
    """Why the provider refused: the filter's categories or the model's words; None where it did not."""
    served_model: str | None = None
    """The model's name as the server gave it, such as a dated snapshot."""
    fingerprint: str | None = None
    """The server's `system_fingerprint`."""
    provider: str | None = None
    """Which host a router such as OpenRouter passed the request to."""
    request_id: str | None = None
    """The server's name for the request, for its operator."""
    attempts: int | None = None
    """How often it was asked, the answered time included; None where that is not known."""

    @property
    def only_reasoned(self) -> bool:
        """Whether it reasoned and ended by itself without an answer: a server that took the answer for thinking."""
        return self.finish_reason == "stop" and bool(self.reasoning) and not self.text.strip()


class Grade(_Frozen):
    """The judgement of one completion."""

    outcome: Outcome
    answer: str | None = None
    """The answer as extracted from the text."""
    non_answer: NonAnswer | None = None
    """Which kind of non-answer, where it is one."""
    credit: float | None = Field(default=None, ge=0, le=1)
    """Partial credit, where a benchmark gives it."""
    confidence: float | None = Field(default=None, ge=0, le=1)
    """The model's confidence in this answer, where one is known."""
    undecided: bool = False
    """The grader's rules could not tell and no judge was asked: the outcome is missing."""
    votes: JsonDict = Field(default_factory=dict)
    """Judge → its verdict, where models judged."""
    grader: str = ""
    """Name of the grader, filled in by the engine."""
    reason: str = ""
    """One line that says why."""

    @classmethod
    def of(cls, correct: bool, *, answer: str | None = None, reason: str = "", **more: Any) -> Grade:
        """Judge an answer that could be read: correct or error."""
        outcome = Outcome.CORRECT if correct else Outcome.ERROR
        return cls(outcome=outcome, answer=answer, reason=reason, **more)

    @classmethod
    def idk(cls, kind: NonAnswer | str = NonAnswer.ABSTAINED, reason: str = "") -> Grade:
        """Judge a text that makes no claim: `abstained`, `refusal` or `empty`."""
        kind = NonAnswer(kind)
        return cls(outcome=Outcome.IDK, non_answer=kind, reason=reason or _WHY[kind])

    @classmethod
    def unparsed(cls, reason: str) -> Grade:
        """Judge a text that makes a claim from which no answer can be read: an error."""
        return cls(outcome=Outcome.ERROR, non_answer=NonAnswer.UNPARSED, reason=reason)

    @classmethod
    def partly(cls, *, answer: str | None = None, credit: float | None = None, reason: str = "") -> Grade:
        """Judge an answer that is partly right: 0 points, as IDK, but attempted."""
        kind = NonAnswer.PARTIAL
        return cls(outcome=Outcome.IDK, non_answer=kind, answer=answer, credit=credit, reason=reason or _WHY[kind])

    @classmethod
    def cut_off(cls, reason: str = "") -> Grade:
        """Mark a completion that the token limit ended before it committed to an answer: missing."""
        kind = NonAnswer.TRUNCATED
        return cls(outcome=Outcome.MISSING, non_answer=kind, reason=reason or _WHY[kind])

    @classmethod
    def cannot_decide(cls, reason: str, *, answer: str | None = None) -> Grade:
        """Mark an answer that the grader's rules cannot decide, where no judge was asked: missing."""
        return cls(outcome=Outcome.MISSING, undecided=True, answer=answer, reason=reason)


_WHY = {
    NonAnswer.EMPTY: "no text",
    NonAnswer.ABSTAINED: "makes no claim",
    NonAnswer.REFUSAL: "declines to answer",
    NonAnswer.UNPARSED: "no answer can be read",
    NonAnswer.PARTIAL: "partly right",
    NonAnswer.TRUNCATED: "cut off at the token limit before it committed to an answer",
}


class RecordKey(NamedTuple):
    """What is unique in a run."""

    task: str
    model: str
    sample_id: str
    epoch: int
    prompt_threshold: float | None


class Record(_Frozen):
    """One graded answer, a line of records.jsonl."""

    schema_version: int = SCHEMA_VERSION
    run: str
    """Name of the run folder."""
    task: str
    model: str
    """`provider/name` as given."""
    sample_id: str
    epoch: int = Field(default=1, ge=1)
    """1 for the first asking."""
    prompt_threshold: float | None = Field(default=None, ge=0, lt=1)
    """The confidence target stated in the prompt; None where it said nothing of scoring."""
    messages: list[Message] = Field(default_factory=list)
    """The prompt as sent."""
    target: list[str] = Field(default_factory=list)
    choices: list[str] | None = None
    metadata: JsonDict = Field(default_factory=dict)
    completion: Completion
    grade: Grade
    source: str | None = None
    """file:line that a rescored record was read from."""
    question: str | None = None
    """Digest of the question, of a rescored record whose file does not name its task: tells equal ids apart."""

    @property
    def key(self) -> RecordKey:
        """What makes this record unique in its run."""
        return RecordKey(self.task, self.model, self.sample_id, self.epoch, self.prompt_threshold)


class Failure(_Frozen):
    """One attempt without a verdict, a line of failures.jsonl: never counted as error or IDK."""

    schema_version: int = SCHEMA_VERSION
    task: str
    model: str
    sample_id: str
    epoch: int
    prompt_threshold: float | None
    stage: Literal["completion", "judge"]
    """Where it ended: no completion, or a completion without a verdict."""
    error: str
    answerable: bool = True
    """Whether the sample has a right answer: what the missing one could have been at best."""
    prompt: str = ""
    """Digest of the prompt and the accepted answers, in hexadecimal: what the completion answers."""
    completion: Completion | None = None
    """The answer there was, so that a resumed run judges it again without asking the model."""

    @property
    def key(self) -> RecordKey:
        """The record that is missing because of this."""
        return RecordKey(self.task, self.model, self.sample_id, self.epoch, self.prompt_threshold)


@dataclass(frozen=True)
class Task:
    """A set of questions and the grader that judges their answers."""

    samples: Iterable[Sample]
    """The questions in the order asked; may be a generator."""
    grader: str | Callable[..., Any]
    """A grader's registered name, or the grader itself."""
    responses: Callable[[Sample], Sequence[str]] | None = None
    """The finite set of possible answers to a sample, where there is one: what a uniform guess draws from."""
    name: str = ""
    """Filled in by `@task`."""
    fingerprint: str = ""
    """Digest of the whole data that the samples are drawn from, whatever part of it is asked (`evalkit.fingerprint`);
    default: of the samples, where they are a list."""
    revision: dict[str, str] = field(default_factory=dict)
    """Which version of a data set this is, and what of it was left out: recorded in run.json."""
    notes: Sequence[str] = ()
    """What a reader of the scores has to know of the questions, a sentence each; printed before the first answer."""
