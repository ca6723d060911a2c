"""A server that gives every request the same completion, faster than any client asks."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NGINX = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{
    listen 127.0.0.1:{port};
    location / {{ default_type application/json; return 200 '{body}'; }}
  }}
}}
"""
FALLBACK = """
import asyncio, sys
BODY = sys.stdin.buffer.read()
ANSWER = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(BODY) + BODY

class Server(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.waiting, self.have = transport, 0, b""
    def data_received(self, data):
        self.have += data
        while True:
            if not self.waiting:
                head, found, rest = self.have.partition(b"\\r\\n\\r\\n")
                if not found:
                    return
                self.waiting = int(head.lower().split(b"content-length:")[1].split(b"\\r\\n")[0]) + 1
                self.have = rest
            if len(self.have) < self.waiting - 1:
                return
            self.have, self.waiting = self.have[self.waiting - 1:], 0
            self.transport.write(ANSWER)

async def main():
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()

asyncio.run(main())
"""


def body(answer: str) -> str:
    """A chat-completions body with this text."""
    message = {"index": 0, "message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 50, "completion_tokens": 80, "total_tokens": 130}
    return json.dumps({"id": "x", "object": "chat.completion", "choices": [message], "usage": usage})


def kind() -> str:
    """Which server it is: nginx from Debian (nginx-light) where there is one, else a bare asyncio one."""
    return "nginx" if shutil.which("nginx") else "a bare asyncio server; nginx-light would be faster"


@contextmanager
def static_server(answer: str) -> Iterator[str]:
    """Serve; the base URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder, _start(folder, port, body(answer)) as process:
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()


def _start(folder: str, port: int, text: str) -> subprocess.Popen[bytes]:
    if shutil.which("nginx"):
        config = Path(folder) / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, port=port, body=text), encoding="utf-8")
        return subprocess.Popen(["nginx", "-c", str(config), "-p", folder], stderr=subprocess.DEVNULL)
    process = subprocess.Popen([sys.executable, "-c", FALLBACK, str(port)], stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(text.encode())
    process.stdin.close()
    return process


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit("the static server did not start")
