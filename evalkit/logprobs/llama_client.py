"""Client of llama.cpp's server that reads the probability of any next token."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from typing import Any, NamedTuple, Self

import aiohttp

from evalkit.errors import InputError, ModelError
from evalkit.records import Message

FEW = 60
"""How many of the most probable tokens the first request asks for."""
ONE_BY_ONE = 24
"""Up to this many missing tokens are requested one by one; for more, the whole vocabulary is."""
FORCING = 1000.0
"""Logit bias that makes a token the next one; the server reports probabilities before the bias."""
TIMEOUT = 300.0
"""Seconds."""
TOLERANCE = 0.01
"""Nats by which two ways of reading a probability may differ."""


class _NextToken(NamedTuple):
    """The server's report on the next token."""

    token: int
    """The token that was sampled, or forced."""
    logprob: float
    top: dict[int, float]


class _DroppedError(ModelError):
    """The connection was dropped."""


class TokenServer:
    """The native endpoints of a llama.cpp server; an async context manager.

    Args:
        url: the server's address, with or without /v1.
    """

    def __init__(self, url: str) -> None:
        self.url = url.removesuffix("/").removesuffix("/v1")
        self.calls = 0
        """Requests for probabilities so far."""
        self._vocabulary = 0
        self._forces = False
        self._whole = 0
        """A token that is a whole character: the server holds back its report while a character is incomplete."""
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        # Each open connection, even an idle one, holds one of the server's few threads.
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
        """Render a conversation with the model's chat template, up to where the answer begins."""
        turns = [message.model_dump() for message in messages]
        said = await self._post("/apply-template", {"messages": turns})
        with self._expected("rendered prompt"):
            return str(said["prompt"])

    async def turn_end(self) -> str:
        """The token with which the model's chat template ends a turn.

        Raises:
            InputError: the end of turn is not a token of the model, which was then not trained to chat.
        """
        said, asked = "EVALKIT-SAID", "EVALKIT-ASKED"
        turns = [("user", asked), ("assistant", said), ("user", asked)]
        text = await self.render([Message(role=role, content=words) for role, words in turns])
        between = text.partition(said)[2].partition(asked)[0]
        special = await self._pieces(between, special=True)
        if not special or special[:1] == (await self._pieces(between, special=False))[:1]:
            raise InputError(
                f"the model's chat template ends a turn with {between.strip().splitlines()[:1]}, which is not one of"
                " its tokens: it was not trained to chat; use --form plain"
            )
        return special[0]

    async def start(self, prompt: str) -> None:
        """Evaluate a prompt without the cache, whose earlier contents would change the last digits of the results."""
        await self._complete(await self.tokenize(prompt), {"n_probs": 1, "cache_prompt": False})

    async def tokenize(self, text: str) -> list[int]:
        """Tokenize a text, special tokens included."""
        body = {"content": text, "add_special": True, "parse_special": True}
        said = await self._post("/tokenize", body)
        with self._expected("tokens"):
            return [int(token) for token in said["tokens"]]

    async def next_logprobs(self, tokens: Sequence[int], wanted: set[int]) -> dict[int, float]:
        """Natural log-probabilities of the wanted next tokens at temperature 1, without truncation.

        Args:
            tokens: the prefix.
            wanted: at least one token.

        Raises:
            ModelError: the server does not report them.
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
        """Log-probabilities of the whole vocabulary as the next token; slow, since all of it is sent."""
        return await self._top(tokens, await self._size())

    async def _top(self, tokens: Sequence[int], n: int) -> dict[int, float]:
        """Log-probabilities of the n most probable tokens.

        Raises:
            ModelError: the server reports nothing, as it does while the next token is part of a character.
        """
        forced = {"logit_bias": [[self._whole, FORCING]]} if self._forces else {}
        said = await self._complete(tokens, {"n_probs": n, **forced})
        if said is None:
            raise ModelError(f"{self.url} reports no probabilities of the next token; llama.cpp's server does")
        return said.top

    async def _forced(self, tokens: Sequence[int], token: int, n: int = 1) -> dict[int, float]:
        """Log-probabilities of one token, which is forced to be the next, and of the n most probable tokens."""
        said = await self._complete(tokens, {"n_probs": n, "logit_bias": [[token, FORCING]]})
        if said is None:  # part of a character, on which the server reports nothing: read the whole vocabulary
            found = await self.all_logprobs(tokens)
            return {token: found.get(token, -math.inf)}
        if said.token != token:
            raise ModelError(f"{self.url} reports no probability of token {token}")
        return said.top | {token: said.logprob}

    async def _is_forced_raw(self) -> bool:
        """Whether the server reports a forced token's probability from before the bias."""
        start = await self.tokenize("The")
        found = await self._top(start, 2)
        with self._expected("token probabilities"):
            token, logprob = min(found.items(), key=lambda one: one[1])
        said = await self._complete(start, {"n_probs": 1, "logit_bias": [[token, FORCING]]})
        self._whole = token
        return said is not None and said.token == token and abs(said.logprob - logprob) < TOLERANCE

    async def _complete(self, tokens: Sequence[int], more: dict[str, Any]) -> _NextToken | None:
        """The server's report on the next token; None when it sends none."""
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
            return _NextToken(int(first["id"]), float(first["logprob"]), top)

    async def _pieces(self, text: str, special: bool) -> list[str]:
        body = {"content": text, "add_special": False, "parse_special": special, "with_pieces": True}
        said = await self._post("/tokenize", body)
        with self._expected("tokens"):
            return [str(token["piece"]) for token in said["tokens"]]

    @contextmanager
    def _expected(self, what: str) -> Iterator[None]:
        """Turn whatever a reply lacks into one line."""
        try:
            yield
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise ModelError(f"{self.url} sends no {what}; llama.cpp's server does") from error

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
            # The server closes connections that are idle or have served a hundred requests; it may be one just reused.
            return await self._read(self._session.request(method, f"{self.url}{path}", json=body))

    async def _read(self, request: Any) -> dict[str, Any]:
        try:
            async with request as answer:
                if answer.status != 200:  # noqa: PLR2004 - OK
                    said = (await answer.text())[:120]
                    text = f"{answer.url.path} answered {answer.status} {said}"
                    raise ModelError(f"{text}; only llama.cpp's server reports exact probabilities")
                found = await answer.json()
        except aiohttp.ClientConnectionError as error:
            raise _DroppedError(f"{self.url}: the connection failed or was dropped ({error})") from error
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise ModelError(f"{self.url}: {type(error).__name__} {error}") from error
        return found if isinstance(found, dict) else {}
