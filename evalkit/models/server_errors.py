"""Parses the error bodies of all servers into one shape, and decides what each means for a run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from evalkit.errors import BadResponseError, ModelError, ModelStoppedError, ModelUnavailableError, TransientError
from evalkit.models.rate_limits import LONGEST, LONGEST_LIMIT, read_span, too_long, wait_asked

LONGEST_TEXT = 300
"""Characters of a server's message that an error shows."""

TRANSIENT = {408, 409, 425, 429, 498}
"""Retryable statuses below 500; 498 is Groq's "no capacity"."""
CROWDED = {408, 429, 498, 503, 504, 529}
"""Statuses that call for fewer concurrent requests."""
_KEY_REFUSED = "the key is not accepted"
_NOT_FOUND = "no such model or address"
_UNAVAILABLE = {401: _KEY_REFUSED, 403: "access is not allowed", 404: _NOT_FOUND, 405: _NOT_FOUND}
_KEY_CODES = {
    "invalid_api_key", "api_key_invalid", "incorrect_api_key", "invalid_authentication", "authentication_error",
    "no_db_connection",  # LiteLLM without a database, for any key but its master key
}  # fmt: skip
_MODEL_CODES = {
    "model_not_found", "model_not_exist", "invalid_model", "unknown_model", "model_not_supported", "invalid_model_name",
}  # fmt: skip
_MODEL_TEXT = re.compile(
    r"invalid model name|(?:no such|unknown|invalid) model\b(?! (?:param|field|opt))|not a valid model\b"
    r"|\bserver is pinned to\b"  # transformers
    r"|\bmodel (?:\W?[\w.:/@-]+\W? )?(?:does not exist|not exist|(?:is |was |could )?not (?:be )?found)",
    re.IGNORECASE,
)

_REFUSAL_CODES = {
    "content_filter", "content_policy_violation", "responsibleaipolicyviolation", "invalid_prompt", "cyber_policy",
    "moderation", "moderation_blocked", "content_moderation", "content_blocked", "prompt_blocked", "safety_check",
    "data_inspection_failed", "policy_violation", "prohibited_content", "safety", "sensitive", "guardrail_intervened",
}  # fmt: skip
_REFUSAL_TEXT = re.compile(
    r"content management policy|content[ _]?polic|usage guidelines|input was flagged|flagged (?:as|for|by)|moderation"
    r"|safety system|safety polic|guardrail",
    re.IGNORECASE,
)
_MONEY_CODES = {
    "insufficient_quota", "insufficient_balance", "insufficient_credits", "insufficient_funds", "credits_exhausted",
    "billing_hard_limit_reached", "billing_not_active", "exceeded_current_quota_error", "payment_required", "arrearage",
    "out_of_credits",
}  # fmt: skip
_MONEY_TEXT = re.compile(
    r"credit balance is too low|insufficient (?:account )?(?:balance|credit|fund)"
    r"|(?:out of|no more|all available) credit|billing (?:hard )?limit|spending limit|limit: 0\b|payment required",
    re.IGNORECASE,
)
_CONTEXT_CODES = {"context_length_exceeded", "string_above_max_length", "request_too_large"}
_CONTEXT_TEXT = re.compile(
    r"context[_ ](?:length|window|size|limit)|maximum context|(?:prompt|input|messages?) (?:is|are) too long"
    r"|too many (?:input )?tokens|exceeds? the (?:available )?context|maximum (?:input|prompt) length"
    r"|model token limit|reduce the length of (?:the|your)|prompt exceeds|must have (?:less|fewer) than \d+ tokens"
    r"|(?:prompt|input|message)s?`?\W{0,2}(?:token|length|size|count).{0,60}?"
    r"(?:exceed|longer than|larger than|too large|less than|<=|should be \[)",
    re.IGNORECASE,
)
_RESPONSES_TEXT = re.compile(
    r"only (?:be )?(?:supported|available|served|accessible|used)\b.{0,40}\bresponses\b"
    r"|\buse (?:the )?(?:/?v1/)?responses(?: api| endpoint)?\b|responses[- ]api[- ]only",
    re.IGNORECASE,
)
_DAILY_TEXT = re.compile(r"per[ _-]?day|daily (?:limit|quota|usage)", re.IGNORECASE)
_STATUS_OF_CODE = {
    "rate_limit_exceeded": 429, "rate_limit_error": 429, "too_many_requests": 429, "resource_exhausted": 429,
    "overloaded_error": 503, "overloaded": 503, "unavailable": 503, "invalid_request_error": 400,
    "invalid_argument": 400, "authentication_error": 401, "permission_error": 403, "not_found_error": 404,
    "context_length_exceeded": 400, "payment_required": 402,
}  # fmt: skip
_TRY_AGAIN = re.compile(
    r"(?:try|retry)(?: again)? (?:in|after) ((?:\d+(?:\.\d+)?\s?(?:ms|[dhms])[a-z]*\s?)+)", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class ServerError:
    """An error as the server describes it."""

    message: str = ""
    """One line; "" if there is none."""
    codes: tuple[str, ...] = ()
    """Error codes and types in lower case, the most specific first."""
    number: int | None = None
    """A status code inside the body."""
    parameter: str | None = None
    """The request field that the error names."""
    wait: float | None = None
    """Seconds to wait before a retry."""
    categories: tuple[str, ...] = ()
    """Categories of a content filter, such as "hate"."""

    @property
    def is_context(self) -> bool:
        """Whether the prompt and its answer do not fit into the model's context."""
        return bool(_CONTEXT_CODES & set(self.codes)) or bool(_CONTEXT_TEXT.search(self.message))

    def is_responses_only(self, status: int) -> bool:
        """Whether the model has to be asked through the Responses API."""
        return status in (400, 404, 405) and bool(_RESPONSES_TEXT.search(self.message))

    def is_refusal(self, status: int) -> bool:
        """Whether the error is a content filter's refusal of the prompt."""
        if status not in (400, 403, 422, 451):
            return False
        found = _REFUSAL_CODES & set(self.codes) or self.categories or _REFUSAL_TEXT.search(self.message)
        return bool(found)

    def is_money(self, status: int) -> bool:
        """Whether no credit is left, so that every later request would fail too."""
        if status == 402:  # noqa: PLR2004 - payment required
            return True
        found = _MONEY_CODES & set(self.codes) or _MONEY_TEXT.search(self.message)
        return bool(found) and status in (400, 403, 429)

    def why_unavailable(self, status: int) -> str:
        """Why no other request would fare better: its key, its model or its address; "" if another one may.

        Args:
            status: of the response; some servers report a wrong key or model with 400.
        """
        if self.is_context:
            return ""
        if status in (400, 422):
            if _KEY_CODES & set(self.codes):
                return _KEY_REFUSED
            return _NOT_FOUND if _MODEL_CODES & set(self.codes) or _MODEL_TEXT.search(self.message) else ""
        return _UNAVAILABLE.get(status, "")

    def is_daily(self, asked: float | None) -> bool:
        """Whether this is a daily limit: by its name, or by its text if no time to wait is given."""
        named = any("perday" in code for code in self.codes)
        return named or (asked is None and bool(_DAILY_TEXT.search(self.message)))

    @property
    def why_refused(self) -> str:
        """The categories of a refusal, else its code, else the message."""
        if self.categories:
            return ", ".join(self.categories)
        return next((code for code in self.codes if code in _REFUSAL_CODES), self.message or "refused")


def read_error(data: bytes) -> ServerError:
    """Read the body of an error.

    Args:
        data: any bytes.
    """
    try:
        return parse_error(json.loads(data))
    except (ValueError, RecursionError):
        return ServerError(message=excerpt(data) if data.strip() else "")


def parse_error(body: Any) -> ServerError:
    """Read an error from parsed JSON: an object, an array holding one, a string, or any nesting in use."""
    if isinstance(body, list):
        body = next((one for one in body if isinstance(one, dict)), None)
    if not isinstance(body, dict):
        return ServerError()
    said = body.get("error") or body.get("errors") or body.get("detail") or body.get("message") or body.get("title")
    if said is None and isinstance(body.get("base_resp"), dict):
        said = {"message": body["base_resp"].get("status_msg"), "code": body["base_resp"].get("status_code")}
    if isinstance(said, list):
        said = next((one for one in said if isinstance(one, (dict, str))), None)
    if isinstance(said, str):
        said = {**body, "message": said} if not isinstance(body.get("message"), dict) else {"message": said}
    if not isinstance(said, dict):
        return ServerError()
    location = said.get("loc")
    parameter = said.get("param") or (location[-1] if isinstance(location, list) and location else None)
    message = _message(said)
    return ServerError(
        message=message if not location or str(parameter) in message else f"{parameter}: {message}",
        codes=tuple(_codes(said)),
        number=_number(said),
        parameter=parameter if isinstance(parameter, str) else None,
        wait=_wait(said, body, message),
        categories=tuple(_categories(said)),
    )


def to_exception(
    error: ServerError, status: int, text: str, headers: Mapping[str, str] | None = None
) -> ModelError | ModelStoppedError:
    """The exception for an error that is not a refusal.

    Args:
        error: as parsed.
        status: of the response, or the number inside its body.
        text: the exception's message.
        headers: of the response, which may say when to retry.
    """
    if error.is_money(status):
        return ModelStoppedError(f"{text}; no credit left: add credit, then resume")
    asked = error.wait if error.wait is not None else wait_asked(headers or {}, LONGEST_LIMIT)
    if status in TRANSIENT and (long := too_long(asked)):
        return ModelStoppedError(f"{text}; the limit is lifted in {long / 3600:.1f} hours: resume then")
    if status in TRANSIENT and error.is_daily(asked):
        return ModelStoppedError(f"{text}; this is a daily limit: resume tomorrow")
    found: ModelError
    if why := error.why_unavailable(status):
        found = ModelUnavailableError(f"{text} ({why})")
    elif status in TRANSIENT or status >= 500:  # noqa: PLR2004 - the class of server errors
        found = TransientError(text, None if asked is None or asked > LONGEST else asked, crowded=status in CROWDED)
    else:
        found = BadResponseError(text)
    own = error.is_context or status == 413  # noqa: PLR2004 - too large
    return found.of_kind("" if own else " ".join([str(status), *error.codes[:1]]))


def status_inside(error: ServerError) -> int:
    """The status that an error reported with status 200 stands for: its number, that of its code, or 502."""
    if error.number is not None and 400 <= error.number < 600:  # noqa: PLR2004 - the classes of errors
        return error.number
    if _REFUSAL_CODES & set(error.codes):
        return 400
    return next((_STATUS_OF_CODE[code] for code in error.codes if code in _STATUS_OF_CODE), 502)


def excerpt(data: bytes) -> str:
    """The beginning of a body in one line, for a message."""
    return one_line(data[:200].decode("utf-8", "replace")) or "(empty)"


def one_line(text: str) -> str:
    """Text in one line that can be written, at most `LONGEST_TEXT` characters."""
    return " ".join(text.encode("utf-8", "replace").decode().split())[:LONGEST_TEXT]


def _message(said: dict[str, Any]) -> str:
    metadata = said.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    text = said.get("message") or said.get("msg") or said.get("detail") or said
    text = text if isinstance(text, str) else json.dumps(text)
    if raw:  # a router's own message is generic; that of the host behind it is not
        text = f"{text}: {raw if isinstance(raw, str) else json.dumps(raw)}"
    return one_line(text)


def _codes(said: dict[str, Any]) -> Iterator[str]:
    inner = said.get("innererror") or said.get("inner_error")
    for place in (said, inner if isinstance(inner, dict) else {}):
        for name in ("code", "type", "status"):
            value = place.get(name)
            if isinstance(value, str) and value and not value.isdecimal():
                yield value.lower()
    details = said.get("details")
    for detail in details if isinstance(details, list) else []:
        if isinstance(detail, dict) and isinstance(detail.get("reason"), str):
            yield detail["reason"].lower()
        violations = detail.get("violations") if isinstance(detail, dict) else None
        for violation in violations if isinstance(violations, list) else []:
            if isinstance(violation, dict) and isinstance(violation.get("quotaId"), str):
                yield violation["quotaId"].lower()


def _number(said: dict[str, Any]) -> int | None:
    for name in ("code", "status", "status_code"):
        value = said.get(name)
        if isinstance(value, str) and value.isdecimal():
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    return None


def _wait(said: dict[str, Any], body: dict[str, Any], message: str) -> float | None:
    details = said.get("details")
    for place in (said, body, *(details if isinstance(details, list) else [])):
        if not isinstance(place, dict):
            continue
        for name, unit in (("retryDelay", 1.0), ("retry_after", 1.0), ("retry_after_ms", 0.001)):
            if (value := place.get(name)) is not None and (wait := read_span(str(value), unit)) is not None:
                return wait
    match = _TRY_AGAIN.search(message)
    return read_span(match.group(1)) if match else None


def _categories(said: dict[str, Any]) -> Iterator[str]:
    metadata, inner = said.get("metadata"), said.get("innererror") or said.get("inner_error")
    reasons = metadata.get("reasons") if isinstance(metadata, dict) else None
    yield from (str(reason) for reason in reasons if reason) if isinstance(reasons, list) else ()
    for place in (said, inner if isinstance(inner, dict) else {}):
        yield from filtered_categories(place.get("content_filter_result") or place.get("content_filter_results"))


def filtered_categories(results: Any) -> Iterator[str]:
    """The categories that fired in Azure's `content_filter_results`."""
    for name, result in results.items() if isinstance(results, dict) else ():
        if isinstance(result, dict) and (result.get("filtered") or result.get("detected")):
            yield str(name)
