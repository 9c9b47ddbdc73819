"""Downloads from a real server, and from servers that do everything a server should not."""

from __future__ import annotations

import gzip
import hashlib
import random
import resource
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import lru_cache
from itertools import repeat
from pathlib import Path
from threading import Event, Thread

import pytest

from harness.errors import UsageError, WeightsError
from harness.weights import connecting
from harness.weights import download as module
from harness.weights.download import download, fetched

Answer = Callable[[socket.socket], None]
CONTENT = bytes(range(256)) * 40
DIGEST = hashlib.sha256(CONTENT).hexdigest()
OK = b"HTTP/1.1 200 OK\r\n"
BOMB = gzip.compress(bytes(1 << 24))


@contextmanager
def serving(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server that takes the request and leaves the rest to `answer`; its address."""
    stop = Event()

    def serve() -> None:
        while not stop.is_set():
            with suppress(OSError):
                connection, _ = listener.accept()
                with context.wrap_socket(connection, server_side=True) if context else connection as spoken:
                    spoken.recv(1 << 16)
                    answer(spoken)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.02)
        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"{'https' if context else 'http'}://127.0.0.1:{listener.getsockname()[1]}/net.pth"
        stop.set()
        thread.join()


def saying(*parts: bytes) -> Answer:
    def answer(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)

    return answer


def resetting(connection: socket.socket) -> None:
    connection.sendall(OK + b"Content-Length: 100\r\n\r\nabc")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def stalling(connection: socket.socket) -> None:
    connection.sendall(OK + b"Content-Length: 100\r\n\r\nabc")
    time.sleep(1)


def silent(connection: socket.socket) -> None:
    time.sleep(1)


def dripping(connection: socket.socket) -> None:
    connection.sendall(OK + b"\r\n")
    for byte in repeat(b"x", 100):
        connection.sendall(byte)
        time.sleep(0.05)


def dripping_header(connection: socket.socket) -> None:
    connection.sendall(OK + b"X: ")
    for byte in repeat(b"x", 40):
        connection.sendall(byte)
        time.sleep(0.05)


def dripping_chunk_header(connection: socket.socket) -> None:
    connection.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n1;")
    for byte in repeat(b"x", 40):
        connection.sendall(byte)
        time.sleep(0.05)


def endless_redirect(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n")
    for piece in repeat(bytes(1 << 16), 1000):
        connection.sendall(piece)


def endless(connection: socket.socket) -> None:
    connection.sendall(OK + b"\r\n")
    for piece in repeat(bytes(1 << 16), 1000):
        connection.sendall(piece)


def redirecting(target: str) -> Answer:
    return saying(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nConnection: close\r\n\r\n".encode())


ODD = {
    "no such file": (saying(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), "404 Not Found"),
    "broken server": (saying(b"HTTP/1.1 500 Internal Server Error\r\n\r\nsorry"), "500 Internal Server Error"),
    "no reason": (saying(b"HTTP/1.1 503\r\n\r\n"), r"net\.pth: 503"),
    "not modified": (saying(b"HTTP/1.1 304 Not Modified\r\n\r\n"), "304"),
    "nothing": (saying(), "disconnected without sending a response"),
    "not http": (saying(b"220 ftp ready\r\n\r\n"), "cannot download"),
    "noise": (saying(bytes(range(256)) * 10), "cannot download"),
    "endless header": (saying(OK, b"X: " + b"y" * 200_000), "cannot download"),
    "cut short": (saying(OK + b"Content-Length: 100\r\n\r\nabc"), "peer closed connection"),
    "chunk cut short": (saying(OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\nabc"), "peer closed connection"),
    "chunk of no length": (saying(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc"), "illegal chunk header"),
    "more than said": (saying(OK + b"Content-Length: 3\r\n\r\n" + CONTENT), "wrong checksum"),
    "length no number": (saying(OK + b"Content-Length: many\r\n\r\nabc"), "Content-Length"),
    "length below zero": (saying(OK + b"Content-Length: -3\r\n\r\nabc"), "Content-Length"),
    "length beyond all": (saying(OK + b"Content-Length: 99999999999999\r\n\r\nabc"), "the most that fits here"),
    "another file": (saying(OK + b"Content-Length: 3\r\n\r\nabc"), f"expected sha256 {DIGEST}, found ba7816bf"),
    "empty": (saying(OK + b"Content-Length: 0\r\n\r\n"), "wrong checksum"),
    "page for a login": (saying(OK + b"Content-Type: text/html\r\n\r\n<html>"), "wrong checksum"),
    "reset": (resetting, "reset by peer"),
    "stalled": (stalling, "nothing came for 0.2 seconds"),
    "silent": (silent, "nothing came for 0.2 seconds"),
    "dripping": (dripping, "less than 1024 bytes a second"),
    "dripping header": (dripping_header, "less than 1024 bytes a second"),
    "dripping chunk header": (dripping_chunk_header, "less than 1024 bytes a second"),
    "a part only": (saying(b"HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\n\r\nabc"), "206 Partial Content"),
    "redirect that never ends": (endless_redirect, "Connection refused"),
    "packed without end": (saying(OK + b"Content-Encoding: gzip\r\n\r\n" + BOMB), "wrong checksum"),
    "endless": (endless, "more than 1 MiB"),
    "redirect to itself": (redirecting("/net.pth"), "more than 10 redirects"),
    "redirect to a file": (redirecting("file:///etc/passwd"), "http or https only"),
    "redirect to nonsense": (redirecting("http://[::"), "cannot download"),
    "redirect without target": (saying(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"), "302 Found"),
}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(module, "WINDOW_SECONDS", 0.3)
    monkeypatch.setattr(module, "LARGEST", 1 << 20)


@pytest.mark.parametrize(("answer", "message"), ODD.values(), ids=ODD)
def test_an_odd_server_is_a_clear_error_and_leaves_nothing(
    tmp_path: Path, impatient: None, answer: Answer, message: str
) -> None:
    with serving(answer) as url, pytest.raises(WeightsError, match=message) as caught:
        download(url, tmp_path / "home" / "net.pth", DIGEST)
    assert url in str(caught.value) and len(str(caught.value).splitlines()) == 1
    assert list((tmp_path / "home").iterdir()) == []


def test_a_download_has_an_end_however_steady(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_SECONDS", 0.36)

    def steady(connection: socket.socket) -> None:
        connection.sendall(OK + b"\r\n")
        for piece in repeat(bytes(1 << 12), 40):
            connection.sendall(piece)
            time.sleep(0.05)

    with serving(steady) as url, pytest.raises(WeightsError, match=r"not complete after 0\.0001 hours"):
        download(url, tmp_path / "net.pth", DIGEST)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/net.pth", "http://no-such-host.invalid/net.pth", "http://[::/net.pth", "http://",
        "http:///net.pth", "hello", "", "ftp://127.0.0.1/net.pth", "file:///etc/passwd", "http://127.0.0.1:99999/a",
        "http://127.0.0.1:port/a", "http://a..b/net.pth", f"http://{'a' * 70}.invalid/net.pth", "http://a b/net.pth",
        "https://ex\nample.org/net.pth", "http://\u2603\u0301.invalid/x", "data:,hello",
    ],
)  # fmt: skip
def test_an_address_that_leads_nowhere_is_a_clear_error(tmp_path: Path, url: str) -> None:
    with pytest.raises(WeightsError, match="cannot download"):
        download(url, tmp_path / "net.pth", DIGEST)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "head",
    [
        OK + f"Content-Length: {len(CONTENT)}\r\n\r\n".encode(), OK + b"\r\n", b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"\r\n",
        OK + b"Content-Encoding: gzip\r\n\r\n",  # a file that was packed before; what was asked for is the file
    ],
)  # fmt: skip
def test_every_valid_form_of_response_is_downloaded(tmp_path: Path, head: bytes) -> None:
    seen: list[tuple[int, int]] = []
    with serving(saying(head, CONTENT[:100], CONTENT[100:])) as url:
        download(url, tmp_path / "net.pth", DIGEST[:8].upper(), lambda done, total: seen.append((done, total)))
    assert (tmp_path / "net.pth").read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT) if b"Content-Length" in head else 0)


def test_a_redirect_to_another_server_is_followed(tmp_path: Path) -> None:
    with serving(saying(OK + b"\r\n" + CONTENT)) as there, serving(redirecting(there)) as url:
        download(url, tmp_path / "net.pth", DIGEST)
    assert (tmp_path / "net.pth").read_bytes() == CONTENT


def test_a_redirect_from_https_to_http_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certificate: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    with (
        serving(saying(OK + b"\r\n" + CONTENT)) as there,
        serving(redirecting(there), speaking(certificate)) as url,
        pytest.raises(WeightsError, match="leads from https to http://"),
    ):
        download(url, tmp_path / "net.pth", DIGEST)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_speaks_no_tls_is_a_clear_error(tmp_path: Path) -> None:
    with serving(saying(OK)) as url, pytest.raises(WeightsError, match=r"cannot download https.*SSL"):
        download(url.replace("http:", "https:"), tmp_path / "net.pth", DIGEST)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate that nobody has signed, and its key."""
    if not shutil.which("openssl"):
        pytest.skip("openssl makes the certificate")
    folder = tmp_path_factory.mktemp("certificate")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem"]
    named = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*made, *named], cwd=folder, check=True, capture_output=True)
    return folder


def speaking(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return context


@pytest.mark.parametrize("known", [False, True])
def test_only_a_certificate_that_the_system_trusts_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certificate: Path, known: bool
) -> None:
    if known:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    context = speaking(certificate)
    refused = nullcontext() if known else pytest.raises(WeightsError, match="CERTIFICATE_VERIFY_FAILED")
    with serving(saying(OK + b"\r\n" + CONTENT), context) as url, refused:
        download(url, tmp_path / "net.pth", DIGEST)
    assert (tmp_path / "net.pth").exists() is known


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "nonsense://127.0.0.1:1"])
def test_a_proxy_that_cannot_be_used_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(WeightsError, match="environment names a proxy"):
        download("http://example.invalid/net.pth", tmp_path / "net.pth", DIGEST)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(WeightsError, match=r"cannot write .*home"):
        download("http://127.0.0.1:1/net.pth", tmp_path / "home" / "net.pth", DIGEST)


def test_a_disk_that_takes_no_more_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with (
            serving(saying(OK + b"\r\n" + CONTENT)) as url,
            pytest.raises(WeightsError, match=r"cannot write .*too large \(\d+ MiB free\)"),
        ):
            download(url, tmp_path / "net.pth", DIGEST)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("digits", [None, "", "abc", "z" * 8, "a" * 65])
def test_a_file_of_no_known_checksum_is_not_fetched(digits: str | None) -> None:
    with pytest.raises(UsageError, match="--sha256"), fetched("http://127.0.0.1:1/net.pth", digits):
        pass


@pytest.mark.parametrize("path", ["..", "", "a" * 300, "net.pth?download=1", f"net-{DIGEST[:8]}.pth#top"])
def test_a_file_of_any_name_is_fetched_and_gone_afterwards(path: str) -> None:
    with serving(saying(OK + b"\r\n" + CONTENT)) as url:
        with fetched(url.replace("net.pth", path), None if DIGEST[:8] in path else DIGEST) as file:
            assert file.read_bytes() == CONTENT
        assert not file.exists()


PLAIN = [
    OK + f"Content-Length: {len(CONTENT)}\r\nContent-Type: application/octet-stream\r\n\r\n".encode() + CONTENT,
    OK
    + b"Transfer-Encoding: chunked\r\n\r\n1000\r\n"
    + CONTENT[:4096]
    + b"\r\n1800\r\n"
    + CONTENT[4096:]
    + b"\r\n0\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nServer: x\r\n\r\n" + CONTENT,
    b"HTTP/1.1 302 Found\r\nLocation: /there/net.pth\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/10\r\n\r\n0123456789",
]
"""Responses, right or at least valid, that a fuzz changes."""
HEADS = 90
"""Bytes of a response, its head and a little more, that changes are made in."""
PIECES = [
    b"",
    b"\r\n",
    b"\r\n\r\n",
    b"\0",
    b"\xff" * 9,
    b"9" * 400,
    b"-1",
    b": ",
    b"x" * 70_000,
    b"chunked, gzip",
    b"//",
    b"1;a=b",
]


def mutated(response: bytes, chance: random.Random) -> bytes:
    """A bit, a cut, or a piece put in or in place of what was there."""
    at = chance.randrange(min(HEADS, len(response)))
    kind, length = chance.randrange(4), chance.randrange(12)
    if kind == 0:
        return response[:at] + bytes([response[at] ^ 1 << chance.randrange(8)]) + response[at + 1 :]
    if kind == 1:
        return response[:at]
    return response[:at] + chance.choice(PIECES) + response[at + (length if kind == 2 else 0) :]


@pytest.mark.slow
def test_whatever_a_server_says_the_file_is_right_or_the_error_clear(
    tmp_path: Path, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "_trusted", lru_cache(connecting._trusted))
    monkeypatch.setattr(module, "REDIRECTS", 3)
    chance, said, right = random.Random(12), [b""], 0
    target = tmp_path / "net.pth"
    with serving(lambda connection: connection.sendall(said[0])) as url:
        for number in range(320):
            said[0] = mutated(PLAIN[number % len(PLAIN)], chance)
            try:
                download(url, target, DIGEST)
            except WeightsError as error:
                assert url in str(error) and not target.exists(), f"mutation {number}"
            except Exception as error:
                raise AssertionError(f"mutation {number}: {said[0][:HEADS]!r}") from error
            else:
                right += 1
                assert target.read_bytes() == CONTENT, f"mutation {number}"
                target.unlink()
    assert 10 < right < 250
    assert list(tmp_path.iterdir()) == []
