"""The data model: samples, completions, grades, records and tasks.

Everything before the journal produces `Record` objects; everything after it only reads them.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic_core import PydanticSerializationError

SCHEMA_VERSION = 1

FinishReason = Literal["stop", "length", "content_filter", "tool_calls", "unknown"]


class Outcome(StrEnum):
    """What an answer counts as, from the grader to the leaderboard."""

    CORRECT = "correct"
    ERROR = "error"
    IDK = "idk"
    MISSING = "missing"
    """No verdict: cut off before it committed, or undecided. Not counted as an answer; widens the score to a range."""


class NonAnswer(StrEnum):
    """Why an answer is not an answer; kept beside the outcome that it counts as."""

    EMPTY = "empty"
    """No text at all: idk."""
    ABSTAINED = "abstained"
    """Text that says it does not know, or makes no claim: idk."""
    REFUSAL = "refusal"
    """Text that declines, or a provider's content filter: idk."""
    UNPARSED = "unparsed"
    """A claim from which no answer can be read: error."""
    PARTIAL = "partial"
    """Graded partly right: idk (0 points, credit kept), although an answer was attempted."""
    TRUNCATED = "truncated"
    """The token limit ended it before it committed to an answer: missing."""


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)


def _read_json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _strings(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _write_json(value: Any) -> str:
    return _ENCODER.encode(value) if value else "{}"


JsonDict = Annotated[
    dict[str, Any],
    BeforeValidator(_read_json),
    # A JSON string on disk, so that the column has one type whatever a task puts into it.
    PlainSerializer(_write_json, return_type=str, when_used="json"),
]


JsonList = Annotated[
    list[dict[str, Any]],
    BeforeValidator(_read_json),
    PlainSerializer(_ENCODER.encode, return_type=str, when_used="json"),
]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


Line = TypeVar("Line", bound=BaseModel)


def to_line(value: BaseModel) -> bytes:
    """Write a value as one line of JSON."""
    try:
        return value.model_dump_json().encode() + b"\n"
    except PydanticSerializationError:
        return _replaced(value).model_dump_json().encode() + b"\n"


def encodable(value: Line) -> Line:
    """Return a value whose texts UTF-8 can encode: half of a surrogate pair, as in a cut emoji, becomes "?"."""
    try:
        value.model_dump_json()
    except PydanticSerializationError:
        return _replaced(value)
    return value


def _replaced(value: Line) -> Line:
    return type(value).model_validate(encodable_data(value.model_dump()))


def encodable_data(value: Any) -> Any:
    """Do the same with plain data: texts in dictionaries and lists."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {encodable_data(key): encodable_data(item) for key, item in value.items()}
    return [encodable_data(item) for item in value] if isinstance(value, (list, tuple)) else value


class Message(_Frozen):
    """One turn of the prompt as it was sent."""

    role: Literal["system", "user", "assistant"]
    content: str


class Sample(_Frozen):
    """One question."""

    id: str
    """Unique in its task and independent of seed and limit, so that runs can be paired."""
    input: str
    """The question as put to the model, without any text about scoring."""
    target: Annotated[list[str], BeforeValidator(_strings)] = Field(default_factory=list)
    """The accepted answers; a single string becomes a list of one."""
    choices: list[str] | None = None
    """The options of a multiple-choice question, in the order shown."""
    turns: list[Message] = Field(default_factory=list)
    """Earlier turns of the conversation, a system message of the task's own first; the input is the last turn."""
    metadata: JsonDict = Field(default_factory=dict)
    """Anything else; `stratum` names its stratum, `answerable: false` means that only IDK is right."""
    preamble: str = ""
    """What precedes the question in the same turn, such as worked examples; graders do not read it."""
    instructions: str = ""
    """Prompt text besides the question, such as the confidence target; set by the engine for graders."""

    @property
    def asked(self) -> str:
        """The question with what precedes it in the same turn."""
        return f"{self.preamble}\n\n{self.input}" if self.preamble else self.input

    @property
    def prompt(self) -> str:
        """The question and the other prompt text: what an answer may repeat without claiming anything."""
        return f"{self.input}\n\n{self.instructions}" if self.instructions else self.input

    @property
    def stratum(self) -> str | None:
        """The stratum that the sample belongs to, or None."""
        value = self.metadata.get("stratum")
        return None if value is None else str(value)

    @property
    def answerable(self) -> bool:
        """Whether a claim can be right."""
        return self.metadata.get("answerable", True) is not False


class Usage(_Frozen):
    """Tokens and cost of one call; None if the server did not report them."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    """Prompt tokens that the provider read from its cache."""
    cost: float | None = None
    """US dollars that the server says the call cost; None if it does not say."""


def total_usage(parts: Iterable[Usage]) -> Usage:
    """Add up the tokens of several calls; a count that no call reported stays unknown.

    Args:
        parts: the usage of each call.
    """
    known = [part.model_dump(exclude_none=True) for part in parts]
    return Usage(**{name: sum(part.get(name, 0) for part in known) for name in {key for part in known for key in part}})


class Completion(_Frozen):
    """A model's response."""

    text: str
    """The answer, without reasoning."""
    reasoning: str | None = None
    """Reasoning that the server, or tags such as `<think>`, separated from the answer."""
    finish_reason: FinishReason = "unknown"
    """Why it stopped; `length` means truncated."""
    usage: Usage = Usage()
    logprobs: JsonList | None = None
    """Token log-probabilities as the server gave them, if requested."""
    latency: float | None = None
    """Seconds from request to answer, of the attempt that succeeded."""
    refusal: str | None = None
    """Why the provider refused: the filter's categories or the model's words; None if it did not refuse."""
    served_model: str | None = None
    """The model's name as the server gave it, such as a dated snapshot."""
    fingerprint: str | None = None
    """The server's `system_fingerprint`."""
    provider: str | None = None
    """The host that a router such as OpenRouter forwarded the request to."""
    request_id: str | None = None
    """The server's request id, for its operator."""
    attempts: int | None = None
    """Number of attempts, including the successful one; None if unknown."""
    reused: bool = False
    """Whether it was taken from the response cache or another run, which costs nothing."""
    batch: str | None = None
    """The batch that it came with: the provider's id, or the name of the file; None if it was asked for directly."""

    @property
    def only_reasoned(self) -> bool:
        """Whether it stopped by itself after reasoning alone: the server took the answer for reasoning."""
        return self.finish_reason == "stop" and bool(self.reasoning) and not self.text.strip()


class Grade(_Frozen):
    """The grade of one completion."""

    outcome: Outcome
    answer: str | None = None
    """The answer as extracted from the text."""
    non_answer: NonAnswer | None = None
    """The kind of non-answer, if it is one."""
    credit: float | None = Field(default=None, ge=0, le=1)
    """Partial credit, if the benchmark gives it."""
    confidence: float | None = Field(default=None, ge=0, le=1)
    """The model's confidence in this answer, if known."""
    undecided: bool = False
    """The grader's rules could not decide and no judge was asked: the outcome is missing."""
    votes: JsonDict = Field(default_factory=dict)
    """Judge → its verdict, if models judged; or the person who did, with the date."""
    measures: JsonDict = Field(default_factory=dict)
    """Name → number that the publisher's metrics add up, such as instructions followed."""
    usage: JsonDict = Field(default_factory=dict)
    """Model that the grader asked → tokens of each request, filled in by the engine."""
    grader: str = ""
    """Name of the grader, filled in by the engine."""
    reason: str = ""
    """The reason, in one line."""

    @classmethod
    def of(cls, correct: bool, *, answer: str | None = None, reason: str = "", **more: Any) -> Grade:
        """Grade an answer that could be read: correct or error."""
        outcome = Outcome.CORRECT if correct else Outcome.ERROR
        return cls(outcome=outcome, answer=answer, reason=reason, **more)

    @classmethod
    def idk(cls, kind: NonAnswer | str = NonAnswer.ABSTAINED, reason: str = "", **more: Any) -> Grade:
        """Grade a text that makes no claim: `abstained`, `refusal` or `empty`."""
        kind = NonAnswer(kind)
        return cls(outcome=Outcome.IDK, non_answer=kind, reason=reason or _WHY[kind], **more)

    @classmethod
    def unparsed(cls, reason: str) -> Grade:
        """Grade a text with a claim from which no answer can be read: an error."""
        return cls(outcome=Outcome.ERROR, non_answer=NonAnswer.UNPARSED, reason=reason)

    @classmethod
    def partly(cls, *, answer: str | None = None, credit: float | None = None, reason: str = "", **more: Any) -> Grade:
        """Grade an answer that is partly right: 0 points, as for IDK, but attempted."""
        kind = NonAnswer.PARTIAL
        return cls(
            outcome=Outcome.IDK, non_answer=kind, answer=answer, credit=credit, reason=reason or _WHY[kind], **more
        )

    @classmethod
    def cut_off(cls, reason: str = "") -> Grade:
        """Grade a completion cut off at the token limit before it committed to an answer: missing."""
        kind = NonAnswer.TRUNCATED
        return cls(outcome=Outcome.MISSING, non_answer=kind, reason=reason or _WHY[kind])

    @classmethod
    def cannot_decide(cls, reason: str, *, answer: str | None = None) -> Grade:
        """Grade an answer that the rules cannot decide when no judge was asked: missing."""
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
    """The unique key of a record in its run."""

    task: str
    model: str
    sample_id: str
    epoch: int
    prompt_threshold: float | None


class Record(_Frozen):
    """One graded answer: a line of records.jsonl."""

    schema_version: int = SCHEMA_VERSION
    run: str
    """Name of the run folder."""
    task: str
    model: str
    """The model as given, `provider/name`."""
    sample_id: str
    epoch: int = Field(default=1, ge=1)
    """Which repetition of the sample this is, from 1."""
    prompt_threshold: float | None = Field(default=None, ge=0, lt=1)
    """The confidence target stated in the prompt; None for a plain prompt."""
    messages: list[Message] = Field(default_factory=list)
    """The prompt as sent."""
    target: list[str] = Field(default_factory=list)
    choices: list[str] | None = None
    metadata: JsonDict = Field(default_factory=dict)
    completion: Completion
    grade: Grade
    source: str | None = None
    """The file:line that a rescored record was read from."""
    question: str | None = None
    """Digest of the question, for rescored records without a task name: distinguishes equal ids."""

    @property
    def key(self) -> RecordKey:
        """The key of this record, unique in its run."""
        return RecordKey(self.task, self.model, self.sample_id, self.epoch, self.prompt_threshold)


class Failure(_Frozen):
    """One attempt without a verdict: a line of failures.jsonl, never counted as error or IDK."""

    schema_version: int = SCHEMA_VERSION
    task: str
    model: str
    sample_id: str
    epoch: int = Field(ge=1)
    prompt_threshold: float | None = Field(ge=0, lt=1)
    stage: Literal["completion", "judge"]
    """The stage that failed: no completion, or a completion without a verdict."""
    error: str
    answerable: bool = True
    """Whether the sample has a right answer, which bounds what the missing answer could have scored."""
    prompt: str = ""
    """Hexadecimal digest of the prompt and the accepted answers."""
    completion: Completion | None = None
    """The answer, if there was one, so that a resumed run grades it without asking the model again."""
    usage: JsonDict = Field(default_factory=dict)
    """Model that the grader asked → tokens of each request."""

    @property
    def key(self) -> RecordKey:
        """The key of the record that is missing because of this failure."""
        return RecordKey(self.task, self.model, self.sample_id, self.epoch, self.prompt_threshold)


Ask = Callable[[Sequence[Message]], Coroutine[Any, Any, Completion]]
"""From messages to the model's completion."""


@dataclass(frozen=True)
class Task:
    """A set of questions and the grader for their answers."""

    samples: Iterable[Sample]
    """The questions in the order in which they are asked; may be a generator."""
    grader: str | Callable[..., Any]
    """A grader's registered name, or the grader itself."""
    responses: Callable[[Sample], Sequence[str]] | None = None
    """The finite set of possible answers to a sample, if there is one: a uniform guess draws from it."""
    name: str = ""
    """The task's name, set by `@task`."""
    fingerprint: str = ""
    """Digest of the whole data that the samples are drawn from, whatever part is asked (`evalkit.fingerprint`);
    default: digest of the samples if they are a list."""
    revision: dict[str, str] = field(default_factory=dict)
    """The version of the data set, and which part was left out; recorded in run.json."""
    notes: Sequence[str] = ()
    """Notes that a reader of the scores needs, one sentence each; printed before the first answer."""
    settings: dict[str, str] = field(default_factory=dict)
    """How the questions are really put where that differs from the task's default; part of the condition."""
    max_tokens: int | None = None
    """Longest answer, in tokens, where the user states none and the provider sends a limit of its own; ≥ 1."""
    metrics: Sequence[str] = ()
    """Registered metrics that the publisher reports; shown beside the scores."""
    letters: bool | None = None
    """Whether options are put below each question, lettered; None: where its text does not hold them all."""
    solve: Callable[[Sample, Sequence[Message], Ask], Awaitable[Completion]] | None = None
    """Answers a sample where one request does not do, such as an agent: receives the sample, the prompt, and a function
    from messages to the model's completion."""
    examples: Sequence[Sample] = ()
    """Questions that are not asked, with worked answers in `metadata["worked"]`; those of a stratum belong together."""
