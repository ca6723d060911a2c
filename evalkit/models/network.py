"""What a connection needs from options and the environment: addresses, proxies, certificates, open files."""

from __future__ import annotations

import os
import resource
import ssl
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from evalkit.errors import BadResponseError, ModelUnavailableError, TransientError, UsageError

LONGEST_HEADER = 64 * 1024
MB = 1 << 20
LONGEST_ANSWER = 16.0
"""Megabytes of an answer that are read by default, unpacked."""
SPARE_FILES = 64
"""File descriptors kept free for records, the interpreter and a local server's pipes."""
CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def read_base_urls(text: str) -> list[str]:
    """Parse a --base-url: one address, or several with commas between them.

    A trailing slash and `/chat/completions` are removed.

    Raises:
        UsageError: an address is invalid, or contains a password or a query.
    """
    urls = [_read_base_url(one.strip()) for one in text.split(",") if one.strip()]
    if not urls:
        raise UsageError("--base-url must start with http:// or https://")
    return list(dict.fromkeys(urls))


def _read_base_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError as error:
        raise UsageError(f"--base-url {text!r} is not a URL ({error})") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"--base-url must start with http:// or https://, not {text!r}")
    if "@" in parts.netloc:
        raise UsageError("--base-url must hold no user or password; a key goes into the environment")
    if parts.query or parts.fragment or "?" in text:
        raise UsageError("--base-url must hold no query; a key goes into the environment, other fields into -M")
    path = parts.path.rstrip("/").removesuffix("/chat/completions").removesuffix("/completions").rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


def proxy_for(url: str) -> str | None:
    """The proxy that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY give for an address, or None.

    Raises:
        UsageError: the proxy is of an unsupported kind.
    """
    parts = urlsplit(url)
    if not parts.hostname or proxy_bypass(_host_and_port(parts)):
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if proxy is None:
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if not proxy.startswith(("http://", "https://")):
        raise UsageError(f"the proxy {urlsplit(proxy).scheme}://… is not supported; use an HTTP proxy, or set NO_PROXY")
    return proxy


def _host_and_port(parts: SplitResult) -> str:
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def make_ssl_context() -> ssl.SSLContext:
    """TLS settings that trust the system's certificates and those in the files that the environment names.

    Raises:
        UsageError: such a file cannot be read.
    """
    context = ssl.create_default_context()
    for name in CERTIFICATE_VARIABLES:
        if path := os.environ.get(name):
            try:
                folder = os.path.isdir(path)  # noqa: PTH112 - one call
                context.load_verify_locations(cafile=None if folder else path, capath=path if folder else None)
            except (OSError, ssl.SSLError) as error:
                raise UsageError(f"{name}={path} holds no certificates ({error})") from error
    return context


def raise_open_files(connections: int, notify: Callable[[str], None]) -> int:
    """Raise the limit of open files for a number of connections; return how many it allows.

    Args:
        connections: the number wanted.
        notify: called if fewer are allowed.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + SPARE_FILES
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return connections
    wanted = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        wanted = soft
    allowed = max(1, min(connections, wanted - SPARE_FILES))
    if allowed < connections:
        notify(
            f"only {allowed} requests at once: the limit of open files is {wanted} (raise it with ulimit -n {needed})"
        )
    return allowed


def not_reached(error: aiohttp.ClientError, base_url: str, *, answered: bool) -> Exception:
    """The exception for a failed connection.

    Args:
        error: from aiohttp.
        base_url: address of the server.
        answered: whether the server has answered before, so that it is worth a retry.
    """
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        reason = getattr(error.certificate_error, "verify_message", "") or str(error.certificate_error)
        return ModelUnavailableError(
            f"{base_url}: its certificate is not trusted ({reason}); set SSL_CERT_FILE to a file with your"
            " organization's certificates"
        ).of_kind("certificate")
    if isinstance(error, aiohttp.ClientSSLError):
        plain = base_url.replace("https://", "http://", 1)
        reason = getattr(error.os_error, "reason", "") or str(error.os_error)
        return ModelUnavailableError(f"{base_url} does not speak TLS as expected ({reason}); is it {plain}?").of_kind(
            "tls"
        )
    os_error = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else None
    reason = "no connection in time" if os_error is None else os_error.strerror or str(os_error)
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return ModelUnavailableError(
            f"the proxy {error.host}:{error.port} cannot be reached ({reason}); check HTTPS_PROXY and HTTP_PROXY, or"
            " set NO_PROXY"
        ).of_kind("proxy")
    text = f"{base_url} cannot be reached ({reason}); is the server running, and --base-url right?"
    found = TransientError(text) if answered else ModelUnavailableError(text)
    return found.of_kind("unreachable")


def redirected(base_url: str, location: str, tail: str = "/chat/completions") -> str | None:
    """The base URL that a redirect leads to; None if it leaves the host, or TLS.

    Args:
        base_url: of the request.
        location: the header, absolute or relative.
        tail: path of the request below the base URL.
    """
    parts = urlsplit(base_url)
    target = urlsplit(location)
    if not target.netloc:
        target = target._replace(scheme=parts.scheme, netloc=parts.netloc)
    same = target.hostname == parts.hostname and not (parts.scheme == "https" and target.scheme == "http")
    path = target.path.rstrip("/")
    if not same or target.scheme not in ("http", "https") or not path.endswith(tail):
        return None
    return f"{target.scheme}://{target.netloc}{path.removesuffix(tail)}"


async def read_body(response: aiohttp.ClientResponse, longest: float = LONGEST_ANSWER) -> bytes:
    """The body of an answer, unpacked.

    Args:
        response: the answer.
        longest: megabytes that it may have. Content-Length is the size of what is sent, which may be packed.

    Raises:
        BadResponseError: it is longer.
    """
    most = int(longest * MB)
    packed = response.headers.get("Content-Encoding", "identity").lower() != "identity"
    if not packed and response.content_length is not None and response.content_length <= most:
        return await response.read()
    parts, size = [], 0
    async for part in response.content.iter_chunked(1 << 16):
        parts.append(part)
        size += len(part)
        if size > most:
            raise BadResponseError(
                f"the answer is longer than {longest:g} MB, and what follows was not read; -M longest_answer=MB reads"
                " more"
            ).of_kind("too long")
    return b"".join(parts)
