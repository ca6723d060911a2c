"""Everything evalkit raises on purpose.

The tree, each with what the command line does about it:

* EvalkitError                 one line on stderr, exit code 2
  + UsageError                 an invalid option, argument or name
    - SettingError             an invalid setting of a run; named as the caller wrote it, in Python or as an option
  + InputError                 a file that cannot be read in the expected format
  + MissingExtraError          an optional dependency is not installed
  + ModelError                 one call to a model did not end in an answer: a recorded failure
    - ModelUnavailableError    unreachable or forbidden: stops a run before its first record
      + ModelCrashedError      a server that evalkit started crashed twice: stops a run at once; it can be resumed
    - TransientError           worth another try: 429, 5xx, time-outs, dropped connections
    - BadResponseError         the response is not a completion
  + ModelStoppedError          no credit, or nothing but failures: stops a run at once; it can be resumed
    - BudgetSpentError         --max-cost or --max-tokens-total is spent: exit code 3 with answers, else 2
  + RunInterruptedError        Ctrl-C or SIGTERM: exit code 130, the run can be resumed
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Self


class EvalkitError(Exception):
    """Base of all errors with a remedy; its text is one line for the user."""

    exit_code = 2


class UsageError(EvalkitError):
    """An invalid option, argument or name."""


class SettingError(UsageError):
    """An invalid setting of a run.

    Its text names settings as in Python, `max_tokens=`; the command line asks for `--max-tokens` instead.

    Args:
        setting: the parameter's name in Python.
        problem: what is wrong; `{name}` in it refers to another setting.
        values: external text to insert, by its name in `problem`.
    """

    def __init__(self, setting: str, problem: str, /, **values: object) -> None:
        self.setting = setting
        self._problem = problem
        self._values = {name: str(value) for name, value in values.items()}
        super().__init__(self.spoken(lambda name: f"{name}="))

    def spoken(self, name_of: Callable[[str], str]) -> str:
        """The text, with each setting renamed by a function of its Python name."""

        class Names(dict[str, str]):
            def __missing__(self, name: str) -> str:
                return name_of(name)

        return f"{name_of(self.setting)} {self._problem}".format_map(Names(self._values))


class InputError(EvalkitError):
    """A file that cannot be read in the expected format; the text names file, line and remedy."""


class MissingExtraError(EvalkitError):
    """An optional dependency is not installed; the text has the pip command."""


class ModelError(EvalkitError):
    """One call to a model did not end in an answer.

    Attributes:
        kind: the cause that failures share, such as "400 invalid_request_error"; "" if it concerns only one prompt.
    """

    kind: str = ""

    def of_kind(self, kind: str) -> Self:
        """Set the kind and return the error."""
        self.kind = kind
        return self


class ModelUnavailableError(ModelError):
    """The server is unreachable (refused connection), or the model forbidden or unknown (401, 403, 404)."""


class ModelCrashedError(ModelUnavailableError):
    """A server that evalkit started crashed, was restarted, and crashed again."""


class TransientError(ModelError):
    """A temporary failure, worth a retry.

    Attributes:
        retry_after: seconds to wait, as requested by the server, or None.
        crowded: whether fewer concurrent requests would help (429, 503, time-outs).
    """

    def __init__(self, message: str, retry_after: float | None = None, *, crowded: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.crowded = crowded


class BadResponseError(ModelError):
    """The server's response is not a completion."""


class ModelStoppedError(EvalkitError):
    """A model that no longer answers: no credit, a rate limit of hours, or only failures of one kind.

    The run stops at once. Its records are kept, and it can be resumed.
    """


class BudgetSpentError(ModelStoppedError):
    """The next request would not fit into the budget; the run can be resumed with a larger one."""

    exit_code = 3


class RunInterruptedError(EvalkitError):
    """The user stopped a run; the records so far are on disk.

    Attributes:
        run: path of the run folder, for resuming.
    """

    exit_code = 130

    def __init__(self, message: str, run: str) -> None:
        super().__init__(message)
        self.run = run
