"""Everything evalkit raises on purpose.

The tree, each with what the command line does about it:

* EvalkitError                 one line on stderr, exit code 2
  + UsageError                 an option, argument or name that means nothing
    - SettingError             a setting of a run; spoken of as the caller wrote it, in Python or on a command line
  + InputError                 a file that cannot be read as what it should be
  + MissingExtraError          an optional dependency is not installed
  + ModelError                 one call to a model did not end in an answer: a recorded failure
    - ModelUnavailableError    nobody there, or not allowed: stops a run before its first record
      + ModelCrashedError      a server of our own ended twice: stops a run at once; it can be resumed
    - TransientError           worth another try: 429, 5xx, time-outs, dropped connections
    - BadResponseError         the server answered something that is not a completion
  + ModelStoppedError          no credit, or nothing but failures: stops a run at once; it can be resumed
  + RunInterruptedError        Ctrl-C or SIGTERM: exit code 130, the run can be resumed
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Self


class EvalkitError(Exception):
    """Base of all errors with a remedy; its text is one line for the user."""

    exit_code = 2


class UsageError(EvalkitError):
    """An option, argument or name that means nothing here."""


class SettingError(UsageError):
    """A setting of a run that means nothing.

    Its text names settings as Python does, `max_tokens=`; the command line asks for `--max-tokens` instead.

    Args:
        setting: the parameter's name in Python.
        problem: what is wrong; `{name}` in it stands for another setting.
        values: text from outside, by the names that `problem` has for it.
    """

    def __init__(self, setting: str, problem: str, /, **values: object) -> None:
        self.setting = setting
        self._problem = problem
        self._values = {name: str(value) for name, value in values.items()}
        super().__init__(self.spoken(lambda name: f"{name}="))

    def spoken(self, name_of: Callable[[str], str]) -> str:
        """The text, with every setting named by a function of its Python name."""

        class Names(dict[str, str]):
            def __missing__(self, name: str) -> str:
                return name_of(name)

        return f"{name_of(self.setting)} {self._problem}".format_map(Names(self._values))


class InputError(EvalkitError):
    """A file that cannot be read as what it should be; the text names file, line and remedy."""


class MissingExtraError(EvalkitError):
    """An optional dependency is not installed; the text holds the pip line."""


class ModelError(EvalkitError):
    """One call to a model did not end in an answer.

    Attributes:
        kind: what failures have in common, such as "400 invalid_request_error"; "" for what concerns one prompt alone.
    """

    kind: str = ""

    def of_kind(self, kind: str) -> Self:
        """The same error with its kind."""
        self.kind = kind
        return self


class ModelUnavailableError(ModelError):
    """Nobody there (refused connection), or not allowed or unknown (401, 403, 404)."""


class ModelCrashedError(ModelUnavailableError):
    """A server that evalkit itself started has ended, was started again and ended again."""


class TransientError(ModelError):
    """Worth another try.

    Attributes:
        retry_after: seconds the server asked us to wait, or None.
        crowded: whether fewer requests at once would help (429, 503, time-outs).
    """

    def __init__(self, message: str, retry_after: float | None = None, *, crowded: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.crowded = crowded


class BadResponseError(ModelError):
    """The server answered something that is not a completion."""


class ModelStoppedError(EvalkitError):
    """A model will not answer any more: no credit, a limit of hours, or nothing but failures of one kind.

    It stops a run at once. What is recorded stays, and the run can be resumed.
    """


class RunInterruptedError(EvalkitError):
    """A run was stopped by its user; what is done is on disk.

    Attributes:
        run: path of the run folder, to resume.
    """

    exit_code = 130

    def __init__(self, message: str, run: str) -> None:
        super().__init__(message)
        self.run = run
