"""llama.cpp's server, asked for the probabilities of any token."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from typing import Any, NamedTuple, Self

import aiohttp

from evalkit.errors import InputError, ModelError
from evalkit.records import Message

FEW = 60
"""Most probable tokens that are asked for at first."""
ONE_BY_ONE = 24
"""Tokens that are missing then, up to which each is asked for by itself; more, and all of the vocabulary is."""
FORCING = 1000.0
"""Bias that makes a token the next one; the probabilities reported are those before it."""
SECONDS = 300.0
CLOSE = 0.01
"""Nats within which two ways of asking for a probability have to agree."""


class _Said(NamedTuple):
    """Of the next token."""

    token: int
    """The one that the server chose, or was made to choose."""
    logprob: float
    top: dict[int, float]


class _DroppedError(ModelError):
    """A connection that was dropped."""


class TokenServer:
    """A llama.cpp server's own endpoints; an async context manager.

    Args:
        url: its address, with or without /v1.
    """

    def __init__(self, url: str) -> None:
        self.url = url.removesuffix("/").removesuffix("/v1")
        self.calls = 0
        """Requests for probabilities so far."""
        self._vocabulary = 0
        self._forces = False
        self._whole = 0
        """A token that is no part of a character: the server says at once what it may say of the next one."""
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        # Each connection holds one of the server's few threads for as long as it is open, also while it is idle.
        connector = aiohttp.TCPConnector(limit=1)
        session = aiohttp.ClientSession(timeout=timeout, connector=connector)
        self._session = await self._stack.enter_async_context(session)
        try:
            self._forces = await self._is_forced_raw()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def render(self, messages: Sequence[Message]) -> str:
        """The prompt as the model sees it, up to where its answer begins."""
        turns = [message.model_dump() for message in messages]
        said = await self._post("/apply-template", {"messages": turns})
        with self._expected("rendered prompt"):
            return str(said["prompt"])

    async def turn_end(self) -> str:
        """The token that ends the model's turn, as its chat template writes it.

        Raises:
            InputError: what the template writes there is no token of the model, as of one that was not trained to chat.
        """
        said, asked = "EVALKIT-SAID", "EVALKIT-ASKED"
        turns = [("user", asked), ("assistant", said), ("user", asked)]
        text = await self.render([Message(role=role, content=words) for role, words in turns])
        between = text.partition(said)[2].partition(asked)[0]
        special = await self._pieces(between, special=True)
        if not special or special[:1] == (await self._pieces(between, special=False))[:1]:
            raise InputError(
                f"the model's chat template ends a turn with {between.strip().splitlines()[:1]}, which is none of its"
                " tokens: it was not trained to chat; ask it with --form plain"
            )
        return special[0]

    async def start(self, prompt: str) -> None:
        """Read a prompt afresh: what was asked before changes the last digits of what is asked after it."""
        await self._complete(await self.tokenize(prompt), {"n_probs": 1, "cache_prompt": False})

    async def tokenize(self, text: str) -> list[int]:
        """Tokens of a text, special ones among them."""
        body = {"content": text, "add_special": True, "parse_special": True}
        said = await self._post("/tokenize", body)
        with self._expected("tokens"):
            return [int(token) for token in said["tokens"]]

    async def next_logprobs(self, tokens: Sequence[int], wanted: set[int]) -> dict[int, float]:
        """Natural log-probabilities of the wanted tokens after some others, at temperature 1, nothing cut off.

        Raises:
            ModelError: the server does not give them.
        """
        if not self._forces:
            found = await self.all_logprobs(tokens)
            return {token: found.get(token, -math.inf) for token in wanted}
        first, *others = sorted(wanted)
        found = await self._forced(tokens, first, FEW if others else 1)
        missing = [token for token in others if token not in found]
        if len(missing) > ONE_BY_ONE:
            found |= await self.all_logprobs(tokens)
            missing = []
        for token in missing:
            found |= await self._forced(tokens, token)
        return {token: found.get(token, -math.inf) for token in wanted}

    async def all_logprobs(self, tokens: Sequence[int]) -> dict[int, float]:
        """Of every token of the vocabulary; slow, since all of it is sent."""
        return await self._top(tokens, await self._size())

    async def _top(self, tokens: Sequence[int], n: int) -> dict[int, float]:
        """Log-probabilities of the n most probable tokens.

        Raises:
            ModelError: the server keeps them back, as it does where the next token is a part of a character.
        """
        forced = {"logit_bias": [[self._whole, FORCING]]} if self._forces else {}
        said = await self._complete(tokens, {"n_probs": n, **forced})
        if said is None:
            raise ModelError(
                f"{self.url} keeps the probabilities of the next token back; llama.cpp's server gives them"
            )
        return said.top

    async def _forced(self, tokens: Sequence[int], token: int, n: int = 1) -> dict[int, float]:
        """Log-probability of one token, by making it the next one, beside those of the n most probable."""
        said = await self._complete(tokens, {"n_probs": n, "logit_bias": [[token, FORCING]]})
        if said is None:  # a part of a character, which the server keeps back: read it off the whole vocabulary
            found = await self.all_logprobs(tokens)
            return {token: found.get(token, -math.inf)}
        if said.token != token:
            raise ModelError(f"{self.url} gives no probability of token {token}")
        return said.top | {token: said.logprob}

    async def _is_forced_raw(self) -> bool:
        """Whether what is reported of a token that was forced is its own probability, not the forced one."""
        start = await self.tokenize("The")
        found = await self._top(start, 2)
        with self._expected("token probabilities"):
            token, logprob = min(found.items(), key=lambda one: one[1])
        said = await self._complete(start, {"n_probs": 1, "logit_bias": [[token, FORCING]]})
        self._whole = token
        return said is not None and said.token == token and abs(said.logprob - logprob) < CLOSE

    async def _complete(self, tokens: Sequence[int], more: dict[str, Any]) -> _Said | None:
        """What the server says of the next token; None where it keeps that back."""
        body = {
            "prompt": list(tokens), "n_predict": 1, "temperature": 0, "cache_prompt": True,
            "post_sampling_probs": False, **more,
        }  # fmt: skip
        self.calls += 1
        said = await self._post("/completion", body)
        if not said.get("completion_probabilities"):
            return None
        with self._expected("token probabilities"):
            first = said["completion_probabilities"][0]
            top = {int(one["id"]): float(one["logprob"]) for one in first["top_logprobs"]}
            return _Said(int(first["id"]), float(first["logprob"]), top)

    async def _pieces(self, text: str, special: bool) -> list[str]:
        body = {"content": text, "add_special": False, "parse_special": special, "with_pieces": True}
        said = await self._post("/tokenize", body)
        with self._expected("tokens"):
            return [str(token["piece"]) for token in said["tokens"]]

    @contextmanager
    def _expected(self, what: str) -> Iterator[None]:
        """Whatever a reply lacks becomes one line."""
        try:
            yield
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise ModelError(f"{self.url} gives no {what}; llama.cpp's server does") from error

    async def _size(self) -> int:
        if not self._vocabulary:
            models = await self._get("/v1/models")
            with self._expected("size of its vocabulary"):
                self._vocabulary = int(models["data"][0]["meta"]["n_vocab"])
        return self._vocabulary

    async def _get(self, path: str) -> dict[str, Any]:
        return await self._asked("GET", path, None)

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return await self._asked("POST", path, body)

    async def _asked(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        try:
            return await self._read(self._session.request(method, f"{self.url}{path}", json=body))
        except _DroppedError:
            # The server closes connections that are idle or have served a hundred requests; one may be taken up then.
            return await self._read(self._session.request(method, f"{self.url}{path}", json=body))

    async def _read(self, request: Any) -> dict[str, Any]:
        try:
            async with request as answer:
                if answer.status != 200:  # noqa: PLR2004 - OK
                    said = (await answer.text())[:120]
                    raise ModelError(
                        f"{answer.url.path}: {answer.status} {said}; exact probabilities need llama.cpp's server"
                    )
                found = await answer.json()
        except aiohttp.ClientConnectionError as error:
            raise _DroppedError(f"{self.url}: no connection, or it was dropped ({error})") from error
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise ModelError(f"{self.url}: {type(error).__name__} {error}") from error
        return found if isinstance(found, dict) else {}
