"""Google Vertex AI: its addresses, its tokens, and `vertex/MODEL` through its OpenAI-compatible endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evalkit.errors import ModelUnavailableError, UsageError
from evalkit.extras import requires
from evalkit.models.base import Model, ModelOptions
from evalkit.models.credentials import Token, fill_in
from evalkit.models.providers import ChatProvider
from evalkit.models.switching import open_switching

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

PROJECT, LOCATION, TOKEN = "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION", "VERTEX_ACCESS_TOKEN"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_ROW = ChatProvider("vertex", "https://aiplatform.googleapis.com", TOKEN, key_optional=True)


def vertex_host(location: str) -> str:
    """The address of a location: "europe-west1", a multi-region ("us", "eu"), or "global"."""
    if location == "global":
        return "https://aiplatform.googleapis.com"
    if location in ("us", "eu"):
        return f"https://aiplatform.{location}.rep.googleapis.com"
    return f"https://{location}-aiplatform.googleapis.com"


class VertexProvider:
    """Opens `vertex/PUBLISHER/MODEL`."""

    about = (
        f"Vertex AI in {PROJECT} and {LOCATION} (Google's application default credentials with the vertex extra, or a"
        f" token in {TOKEN}); for Claude: anthropic-vertex/"
    )
    takes_effort = True

    @asynccontextmanager
    async def open(self, name: str, options: ModelOptions) -> AsyncIterator[Model]:
        """Open one model.

        Raises:
            UsageError: no name, project or location; an invalid base URL, header or `-M` value.
            MissingExtraError: no token is given, and the `vertex` extra is not installed.
        """
        if not name:
            raise UsageError("--model vertex/… needs a model's name after the slash, such as google/gemini-2.5-pro")
        if options.base_url is None:
            location, project = fill_in(f"${{{LOCATION}}}", "vertex"), fill_in(f"${{{PROJECT}}}", "vertex")
            place = f"v1/projects/{project}/locations/{location}/endpoints/openapi"
            options = replace(options, base_url=f"{vertex_host(location)}/{place}")
        settings = replace(_ROW.settings(name, options), is_custom=False)
        if settings.api_key is None and "authorization" not in {header.lower() for header in settings.headers}:
            settings = replace(settings, token=await google_token())
        async with open_switching(f"vertex/{name}", settings) as model:
            yield model


async def google_token() -> Token:
    """Sign in with Google's application default credentials.

    Raises:
        MissingExtraError: the `vertex` extra is not installed.
        UsageError: there are no credentials.
    """
    with requires("vertex", f"vertex without a token in {TOKEN}"):
        import google.auth
        from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
        from google.auth.transport.requests import Request
    try:
        found: tuple[Credentials, Any] = await asyncio.to_thread(google.auth.default, scopes=[_SCOPE])
    except DefaultCredentialsError as error:
        raise UsageError(
            f"vertex needs credentials: run gcloud auth application-default login, or export {TOKEN}=…"
        ) from error
    credentials, lock = found[0], asyncio.Lock()

    async def token() -> str:
        async with lock:
            if not credentials.valid:
                try:
                    await asyncio.to_thread(credentials.refresh, Request())
                except GoogleAuthError as error:
                    reason = " ".join(str(error).split())[:300]
                    raise ModelUnavailableError(f"Google gave no token: {reason}").of_kind("no token") from error
        return str(credentials.token)

    return token


PROVIDER = VertexProvider()
