"""One address of a model, with its own pace and proxy."""

from __future__ import annotations

from evalkit.models.concurrency import Pace
from evalkit.models.network import proxy_for


class Endpoint:
    """One address of a model.

    Args:
        base_url: without the path of a request.
        pace: of its requests.
        path: of a request, such as "/chat/completions".
        query: of a request.
        is_custom: whether the user gave the address.
    """

    def __init__(self, base_url: str, pace: Pace, *, path: str, query: str = "", is_custom: bool = False) -> None:
        self.pace = pace
        self._tail = f"{path}?{query}" if query else path
        self.is_custom = is_custom
        self.answered = False
        """Whether a completion has ever come from this address."""
        self.avoided_until = 0.0
        self.move_to(base_url)

    def move_to(self, base_url: str) -> None:
        """Use another address."""
        self.base_url = base_url
        self.url = f"{base_url}{self._tail}"
        self.proxy = proxy_for(base_url)

    @property
    def hint(self) -> str:
        """A better address to try when this one does not look like the API; "" if there is none."""
        last = self.base_url.rpartition("/")[2]
        guess = (
            self.is_custom and not self.answered and not (last[:1] == "v" and last[1:2].isdigit()) and last != "openai"
        )
        return f"; try --base-url {self.base_url}/v1" if guess else ""
