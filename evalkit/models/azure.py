"""Models on Azure OpenAI: the v1 address, and the classic one with an api-version; by key or by Entra."""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from urllib.parse import quote

from evalkit.errors import ModelUnavailableError, UsageError
from evalkit.models.base import Model, ModelOptions
from evalkit.models.credentials import Token, fill_in, read_variable
from evalkit.models.providers import ChatProvider
from evalkit.models.switching import open_switching

ENDPOINT, KEY, VERSION = "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY", "OPENAI_API_VERSION"
_SCOPE_V1 = "https://ai.azure.com/.default"
_SCOPE_CLASSIC = "https://cognitiveservices.azure.com/.default"
_ROW = ChatProvider("azure", f"${{{ENDPOINT}}}", KEY, key_optional=True, max_tokens_field="max_completion_tokens")


class AzureProvider:
    """Opens `azure/DEPLOYMENT`."""

    about = (
        f"your deployments at {ENDPOINT} (key in {KEY}, else Entra; with {VERSION} or -M api_version=… the classic"
        " address, else v1)"
    )
    takes_effort = True

    @asynccontextmanager
    async def open(self, name: str, options: ModelOptions) -> AsyncIterator[Model]:
        """Open one deployment.

        Raises:
            UsageError: no name, address, key or Entra; an invalid header or `-M` value.
        """
        if not name:
            raise UsageError("--model azure/… needs the name of a deployment after the slash")
        extra = dict(options.extra)
        version = extra.pop("api_version", "") or read_variable(VERSION)
        address = _resource(options.base_url or fill_in(f"${{{ENDPOINT}}}", "azure"))
        classic = f"{address}/openai/deployments/{quote(name, safe='')}"
        base_url = classic if version else f"{address}/openai/v1"
        settings = _ROW.settings(name, replace(options, base_url=base_url, extra=extra))
        key = settings.api_key
        async with AsyncExitStack() as stack:
            if key is None and not {"api-key", "authorization"} & {header.lower() for header in settings.headers}:
                token = await stack.enter_async_context(_entra(_SCOPE_CLASSIC if version else _SCOPE_V1))
                settings = replace(settings, token=token)
            elif key is not None and version:
                secrets = [*settings.secrets, key]
                settings = replace(
                    settings, api_key=None, headers={"api-key": key, **settings.headers}, secrets=secrets
                )
            responses = settings
            if version:
                settings = replace(settings, query=f"api-version={quote(version)}")
                responses = replace(settings, base_urls=[f"{address}/openai"])
            yield await stack.enter_async_context(open_switching(f"azure/{name}", settings, responses))


@asynccontextmanager
async def _entra(scope: str) -> AsyncIterator[Token]:
    """Sign in with Entra: a service principal, a managed identity, or the Azure CLI.

    Raises:
        UsageError: azure-identity is not installed.
    """
    if importlib.util.find_spec("azure") is None or importlib.util.find_spec("azure.identity") is None:
        raise UsageError(
            f"azure needs a key: export {KEY}=… (or sign in with Entra, which needs: pip install 'evalkit-idk[azure]')"
        )
    from azure.core.exceptions import AzureError
    from azure.identity.aio import DefaultAzureCredential, get_bearer_token_provider

    async with DefaultAzureCredential() as credential:
        provider = get_bearer_token_provider(credential, scope)

        async def token() -> str:
            try:
                return await provider()
            except AzureError as error:
                reason = " ".join(str(error).split())[:300]
                text = f"no {KEY}, and Entra gave no token: {reason}"
                raise ModelUnavailableError(text).of_kind("no token") from error

        yield token


def _resource(address: str) -> str:
    """The address of the resource, whatever of the path below it the user has copied."""
    return address.rstrip("/").removesuffix("/v1").removesuffix("/openai")


PROVIDER = AzureProvider()
