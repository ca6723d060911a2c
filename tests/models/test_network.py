"""Addresses, redirects, certificates, proxies, headers and keys: what stands between evalkit and a server."""

from __future__ import annotations

import asyncio
import resource
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from loopback import ChatServer, completion_body, serving

from evalkit.errors import ModelUnavailableError, TransientError, UsageError
from evalkit.models.base import ModelOptions, Request, open_model
from evalkit.models.credentials import is_secret, read_headers, read_variable
from evalkit.models.network import proxy_for, raise_open_files, read_base_urls, redirected
from evalkit.records import Completion, Message

ASK = Request(messages=[Message(role="user", content="How many?")])


def ask(base_url: str, times: int = 1, **options: Any) -> tuple[list[Completion], list[str], dict[str, Any]]:
    """Some answers at once, what was said, and what run.json would keep."""
    said: list[str] = []

    async def call() -> tuple[list[Completion], dict[str, Any]]:
        async with open_model("m", ModelOptions(base_url=base_url, notify=said.append, **options)) as model:
            left = iter(range(times))
            found: list[Completion] = []

            async def work() -> None:
                for _ in left:
                    found.append(await model.complete(ASK))  # noqa: PERF401 - one at a time

            await asyncio.gather(*(work() for _ in range(model.max_connections)))
            return found, model.info

    found, info = asyncio.run(call())
    return found, said, info


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("HTTP://127.0.0.1:1/v1/", "http://127.0.0.1:1/v1"),
        ("https://x/v1/chat/completions", "https://x/v1"),
        ("https://x/v1/chat/completions/", "https://x/v1"),
        ("http://x", "http://x"),
        (" http://x/v1 , http://y/v1, ", "http://x/v1 http://y/v1"),
        ("http://x/v1,http://x/v1/", "http://x/v1"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
    ],
)
def test_addresses_are_read_in_the_forms_people_paste(given: str, read: str) -> None:
    """With the whole path, in capitals, several with commas between them."""
    assert read_base_urls(given) == read.split()


@pytest.mark.parametrize(
    "given", ["localhost:8000", "ftp://x", "http://me:pw@x", "https://x?key=1", "http://x:port", ","]
)
def test_what_is_no_address_is_refused(given: str) -> None:
    """One line that names the option."""
    with pytest.raises(UsageError, match="--base-url"):
        read_base_urls(given)


def test_an_address_without_v1_is_told_from_the_right_one(server: ChatServer) -> None:
    """404 with the address to try."""
    root = server.url.removesuffix("/v1")
    with pytest.raises(ModelUnavailableError, match=rf"404.*try --base-url {root}/v1"):
        ask(root)


@contextmanager
def site(**handlers: Any) -> Iterator[str]:
    """A server of a test's own: path → handler of POST; its address. `tls` is a certificate with its key."""
    tls = handlers.pop("tls", None)
    ready, stop, found = threading.Event(), threading.Event(), []

    async def serve() -> None:
        app = web.Application()
        for path, handler in handlers["paths"].items():
            app.router.add_route("*", path, handler)
        runner = web.AppRunner(app)
        await runner.setup()
        context = None
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls)
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        found.append(f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}")
        ready.set()
        await asyncio.to_thread(stop.wait)
        await runner.cleanup()
        await asyncio.sleep(0.01)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    yield found[0]
    stop.set()
    thread.join()


async def answer(request: web.Request) -> web.Response:
    """A completion, to a POST alone."""
    if request.method != "POST":
        return web.Response(status=405)
    return web.json_response(completion_body("3"))


def redirect(status: int, target: str) -> Any:
    """A handler that sends elsewhere."""

    async def handle(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": target})

    return handle


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_on_the_same_host_is_followed_as_a_post(status: int) -> None:
    """Once: later requests go to the new address at once."""
    paths = {"/v1/chat/completions": redirect(status, "/api/v1/chat/completions"), "/api/v1/chat/completions": answer}
    with site(paths=paths) as url:
        found, said, _ = ask(f"{url}/v1", 3)
    assert [one.text for one in found] == ["3"] * 3
    assert said == [f"redirected to {url}/api/v1"]


@pytest.mark.parametrize("target", ["http://localhost:1/v1/chat/completions", "https://login.example/", "", "/login"])
def test_a_redirect_elsewhere_is_named_and_gets_no_key(target: str) -> None:
    """A login page is no API, and another host no place for a key."""
    with (
        site(paths={"/v1/chat/completions": redirect(302, target)}) as url,
        pytest.raises(ModelUnavailableError, match="redirects to"),
    ):
        ask(f"{url}/v1")


def test_a_redirect_in_a_circle_ends() -> None:
    """After a few."""
    with (
        site(paths={"/v1/chat/completions": redirect(307, "/v1/chat/completions")}) as url,
        pytest.raises(ModelUnavailableError, match="redirects to"),
    ):
        ask(f"{url}/v1")


def test_a_redirect_never_leaves_tls() -> None:
    """A key would be sent in the clear."""
    assert redirected("https://x/v1", "http://x/v1/chat/completions") is None
    assert redirected("http://x/v1", "https://x/v1/chat/completions") == "https://x/v1"


def certificate(folder: Path) -> Path:
    """A self-signed certificate with its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is absent")
    path = folder / "own.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", str(folder / "cert.pem")]
    subprocess.run([*command, *names], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + (folder / "cert.pem").read_bytes())
    return path


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_certificate_of_ones_own_is_named_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """Not trusted without a word; trusted by the file that the environment names."""
    path = certificate(tmp_path)
    with site(paths={"/v1/chat/completions": answer}, tls=path) as url:
        with pytest.raises(ModelUnavailableError, match=r"certificate is not trusted .*SSL_CERT_FILE"):
            ask(f"{url}/v1")
        monkeypatch.setenv(variable, str(tmp_path / "cert.pem"))
        assert ask(f"{url}/v1")[0][0].text == "3"
        monkeypatch.setenv(variable, str(tmp_path / "absent.pem"))
        with pytest.raises(UsageError, match=f"{variable}=.*holds no certificates"):
            ask(f"{url}/v1")


def test_https_to_a_server_without_tls(server: ChatServer) -> None:
    """Names the address that would do."""
    with pytest.raises(ModelUnavailableError, match=r"is it http://127"):
        ask(server.url.replace("http:", "https:"))


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch, server: ChatServer) -> None:
    """And left out for what NO_PROXY names."""
    seen: list[str] = []

    async def proxied(request: web.Request) -> web.Response:
        seen.append(str(request.url))
        return web.json_response(completion_body("through the proxy"))

    with site(paths={"/{path:.*}": proxied}) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("http_proxy", proxy)
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("no_proxy", "")
        assert ask("http://model.example/v1")[0][0].text == "through the proxy"
        assert seen == ["http://model.example/v1/chat/completions"]
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert ask(server.url)[0][0].text == "1"
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(ModelUnavailableError, match=r"proxy 127.0.0.1:\d+ cannot be reached.*NO_PROXY"):
        ask("http://model.example/v1")


def test_kinds_of_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """ALL_PROXY, one without a scheme, and one that is not supported."""
    for name in ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert proxy_for("https://x/v1") is None
    monkeypatch.setenv("all_proxy", "proxy:3128")
    assert proxy_for("https://x/v1") == "http://proxy:3128"
    monkeypatch.setenv("all_proxy", "socks5://proxy:1080")
    with pytest.raises(UsageError, match=r"socks5://… is not supported"):
        proxy_for("https://x/v1")


def test_headers_with_secrets_from_the_environment(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are sent, and an answer that echoes one does not carry it into a record."""
    monkeypatch.setenv("GATEWAY_KEY", "swordfish-77")
    server.answer = lambda _: "you sent swordfish-77"
    found, _, info = ask(server.url, headers={"api-key": "$GATEWAY_KEY", "X-Team": "evals"})
    assert server.headers[0]["api-key"] == "swordfish-77"
    assert server.headers[0]["X-Team"] == "evals"
    assert found[0].text == "you sent [key]"
    assert "swordfish-77" not in str(info)


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"api-key": "swordfish"}, r"api-key=\$MY_SECRET"),
        ({"X-Team": "sk-abcdefghijklmnop"}, r"X-Team=\$MY_SECRET"),
        ({"api-key": "$ABSENT_KEY"}, "ABSENT_KEY is not set"),
        ({"Content-Length": "3"}, "not a header that can be set"),
        ({"X Team": "a"}, "not a header that can be set"),
        ({"X-Team": "a\r\nX-Other: b"}, "line ends"),
    ],
)
def test_headers_that_cannot_be(headers: dict[str, str], said: str) -> None:
    """A secret on the command line among them."""
    with pytest.raises(UsageError, match=said):
        read_headers(headers)


def test_secrets_are_recognized_by_name_and_by_shape() -> None:
    """A variable's name is none."""
    for name, value in [
        ("api_key", "x"),
        ("Authorization", "x"),
        ("user", "hf_abcdefghijklmnop"),
        ("a", "Bearer abcdefgh"),
    ]:
        assert is_secret(name, value)
    for name, value in [
        ("max_tokens", "5"),
        ("keyboard", "x"),
        ("api_key", "$KEY"),
        ("api_key", ""),
        ("user", "task-force"),
    ]:
        assert not is_secret(name, value)


def test_a_dotenv_file_is_read_where_the_environment_has_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quotes, comments and `export` as usual; the environment wins."""
    (tmp_path / ".env").write_text("# keys\nexport A_KEY='one two'\nB_KEY=three # four\n\nC_KEY=\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert [read_variable(name) for name in ("A_KEY", "B_KEY", "C_KEY", "D_KEY")] == ["one two", "three", "", ""]
    monkeypatch.setenv("B_KEY", "five")
    assert read_variable("B_KEY") == "five"


def test_several_addresses_share_the_load() -> None:
    """By load: a slow one gets fewer."""
    with serving() as fast, serving() as slow:
        slow.delay = 0.2
        found, _, info = ask(f"{fast.url},{slow.url}", 60, max_connections=12, adaptive=False)
        assert len(found) == 60
        assert info["base_url"] == f"{fast.url},{slow.url}"
        assert len(fast.requests) > len(slow.requests) > 0


def test_connections_are_shared_out_among_the_addresses() -> None:
    """Those that were asked for, no more; by default as many for each."""

    async def most(**options: Any) -> int:
        urls = "http://127.0.0.1:9/v1,http://127.0.0.1:19/v1"
        async with open_model("m", ModelOptions(base_url=urls, **options)) as model:
            return model.max_connections

    assert asyncio.run(most(max_connections=5)) == 5
    assert asyncio.run(most()) == 128


def test_an_address_that_is_down_is_left_out_while_another_answers() -> None:
    """Nothing fails; with all of them down it does."""
    with serving() as up:
        found, _, _ = ask(f"http://127.0.0.1:9/v1,{up.url}", 20)
        assert [one.text for one in found] == ["1"] * 20
    with pytest.raises((ModelUnavailableError, TransientError), match="cannot be reached"):
        ask("http://127.0.0.1:9/v1,http://127.0.0.1:19/v1")


def test_a_server_that_never_takes_the_connection_is_named() -> None:
    """A firewall that drops packets: one line with the address, not a silent wait of ten minutes."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        queued = [socket.socket() for _ in range(8)]
        for one in queued:
            one.setblocking(False)
            one.connect_ex(address)
        try:
            with pytest.raises(
                ModelUnavailableError, match=f"{address[1]}/v1 cannot be reached .no connection in time"
            ):
                ask(f"http://127.0.0.1:{address[1]}/v1", timeout=0.3)
        finally:
            for one in queued:
                one.close()


def test_a_low_limit_of_open_files_is_raised_or_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """As far as the system lets it go."""
    limits = {"soft": 100, "hard": 1000}
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limits["soft"], limits["hard"]))
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: limits.update(soft=pair[0]))
    said: list[str] = []
    assert raise_open_files(500, said.append) == 500
    assert (limits["soft"], said) == (564, [])
    assert raise_open_files(2000, said.append) == 936
    assert "ulimit -n 2064" in said[0]
