"""Everything evalkit raises on purpose.

The tree, each with what the command line does about it:

* EvalkitError                 one line on stderr, exit code 2
  + UsageError                 an option, argument or name that means nothing
  + InputError                 a file that cannot be read as what it should be
  + MissingExtraError          an optional dependency is not installed
  + ModelError                 one call to a model did not end in an answer: a recorded failure
    - ModelUnavailableError    nobody there, or not allowed: stops a run before its first record
      + ModelCrashedError      a server of our own ended twice: stops a run at once; it can be resumed
    - TransientError           worth another try: 429, 5xx, time-outs, dropped connections
    - BadResponseError         the server answered something that is not a completion
  + RunInterruptedError        Ctrl-C or SIGTERM: exit code 130, the run can be resumed
"""

from __future__ import annotations


class EvalkitError(Exception):
    """Base of all errors with a remedy; its text is one line for the user."""

    exit_code = 2


class UsageError(EvalkitError):
    """An option, argument or name that means nothing here."""


class InputError(EvalkitError):
    """A file that cannot be read as what it should be; the text names file, line and remedy."""


class MissingExtraError(EvalkitError):
    """An optional dependency is not installed; the text holds the pip line."""


class ModelError(EvalkitError):
    """One call to a model did not end in an answer."""


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


class RunInterruptedError(EvalkitError):
    """A run was stopped by its user; what is done is on disk.

    Attributes:
        run: path of the run folder, to resume.
    """

    exit_code = 130

    def __init__(self, message: str, run: str) -> None:
        super().__init__(message)
        self.run = run
