"""Security S1 and S9 for HTTP: hostile addresses, hostile answers, hostile values."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.errors import Blocked, ConnectorError, Misconfigured, Rejected, TimedOut, Unavailable
from connectors.outbound.address import normal_host
from tests.connectors.outside import (
    Server,
    answering,
    connected,
    http,
    names,
    read_request,
    response,
    serving,
)

ALL = "127.0.0.1"


@pytest.fixture
def canary() -> Iterator[Server]:
    """A local service that no request may ever reach."""
    with serving(answering(response())) as server:
        yield server


HOSTS = """
    127.0.0.1 127.1 0 0.0.0.0 2130706433 0x7f000001 0177.0.0.1 0x7f.1 [::] [::1] [::ffff:127.0.0.1]
    [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1] [2002:7f00:1::] [fe80::1%25lo] [fc00::1] [fec0::1]
    169.254.169.254 0xA9FEA9FE [fd00:ec2::254] 168.63.129.16 100.64.0.1 224.0.0.1 255.255.255.255
    localhost localhost. LOCALHOST ①②⑦.⓪.⓪.① 127。0。0。1 127.0.0.1. evil@127.0.0.1 db redis
    metadata.google.internal %31%32%37.0.0.1 127.0.0.1%00.example.com 127.0.0.1\\@example.com
""".split()  # noqa: SIM905


@pytest.mark.parametrize("host", HOSTS)
def test_no_spelling_of_a_private_host_gets_through(host: str, canary: Server) -> None:
    known = names(
        localhost=["127.0.0.1"], localhost_=["127.0.0.1"], LOCALHOST=["127.0.0.1"], db=["172.18.0.2"]
    )

    with pytest.raises((Blocked, Unavailable, Misconfigured)):
        http(resolver=known).request("GET", f"http://{host}:{canary.port}/")

    assert not canary.visits


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}#@example.com/",
        "http://example.com\\@127.0.0.1:{port}/",
        "http://127.0.0.1:{port}\\@example.com/",
        "http://example.com:80@127.0.0.1:{port}/",
        "http://127.0.0.1:{port}/\r\nHost: example.com",
        "http://127.0.0.1\t:{port}/",
        "ht\ntp://127.0.0.1:{port}/",
        "gopher://127.0.0.1:{port}/_GET",
        "file:///etc/passwd",
        "ftp://127.0.0.1:{port}/",
        "dict://127.0.0.1:{port}/",
        "data:text/plain,hello",
        "unix:///run/db.sock",
        "http+unix://%2Frun%2Fdb.sock/",
        "//127.0.0.1:{port}/",
        "127.0.0.1:{port}",
        "http://",
        "http:///path",
        "",
        "http://127.0.0.1:99999/",
        "http://[::1",
    ],
)
def test_no_ambiguous_address_gets_through(url: str, canary: Server) -> None:
    with pytest.raises((Blocked, Misconfigured)):
        http().request("GET", url.format(port=canary.port))

    assert not canary.visits


def test_a_name_that_changes_its_mind_is_refused_when_dialled_again() -> None:
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    with serving(answering(response())) as server:
        client = http("127.0.0.1", resolver=lambda _host, _seconds: next(answers))
        url = f"http://rebinding.example:{server.port}/"

        assert client.request("GET", url).status == 200
        with pytest.raises((Blocked, Unavailable)):
            client.request("GET", url)

    assert len(server.visits) == 1


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
def test_a_redirect_is_an_answer_and_not_followed(status: str, canary: Server) -> None:
    away = response(b"", f"Location: http://127.0.0.1:{canary.port}/", status=status)
    with serving(answering(away)) as server:
        reply = http(f"{ALL}:{server.port}").request(
            "GET", server.url, headers=[("Authorization", "Bearer x")]
        )

    assert reply.status == int(status[:3])
    assert not canary.visits


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch, canary: Server) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    with serving(answering(response())) as server:
        assert http(ALL).request("GET", server.url).status == 200

    assert not canary.visits


def test_cookies_are_not_kept_between_requests() -> None:
    heard = []

    def script(visitor: socket.socket) -> None:
        for _ in range(2):
            heard.append(read_request(visitor))
            visitor.sendall(response(b"{}", "Set-Cookie: id=4711; Path=/"))

    with serving(script) as server:
        client = http(ALL)
        client.request("GET", server.url)
        client.request("GET", server.url)

    assert b"4711" not in heard[1]


def test_a_connection_is_kept_for_the_next_request_and_not_shared_with_another() -> None:
    with serving(answering(*[response()] * 4)) as server:
        shop, crm = (
            connected(base_url=server.url, hosts=frozenset({ALL})),
            connected(base_url=server.url, hosts=frozenset({ALL})),
        )
        client = http(ALL, connection=shop)
        client.request("GET", "/")
        client.request("GET", "/")
        http(ALL, connection=crm).request("GET", "/")

    assert len(server.visits) == 2


def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next_one() -> None:
    """Both come in one packet, so the second is read with the first."""
    twice = response(b'{"answer": 1}') + response(b'{"answer": "stray"}')
    with serving(answering(twice, response(b'{"answer": 2}'))) as server:
        client = http(ALL)
        assert client.request("GET", server.url).json == {"answer": 1}
        second = client.request("GET", server.url).json

    assert second == {"answer": 1}  # of a connection of its own
    assert len(server.visits) == 2


# --- Hostile answers ---------------------------------------------------------------------------------------


def test_a_small_answer_that_unpacks_to_a_huge_one_is_refused() -> None:
    bomb = gzip.compress(b"\0" * 200_000_000, 9)
    with serving(answering(response(bomb, "Content-Encoding: gzip"))) as server:
        before = time.process_time()
        with pytest.raises(Rejected, match="1 MB"):
            http(ALL).request("GET", server.url)

    assert time.process_time() - before < 1


def test_a_gzipped_answer_is_read() -> None:
    packed = response(gzip.compress(b'{"total": 64.9}'), "Content-Encoding: gzip")
    with serving(answering(packed)) as server:
        assert http(ALL).request("GET", server.url).json == {"total": 64.9}


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "deflate"])
def test_an_answer_packed_in_a_way_nobody_asked_for_is_refused(encoding: str) -> None:
    with (
        serving(answering(response(b"xx", f"Content-Encoding: {encoding}"))) as server,
        pytest.raises(Rejected),
    ):
        http(ALL).request("GET", server.url)


def test_an_endless_answer_is_cut_at_the_limit() -> None:
    def script(visitor: socket.socket) -> None:
        read_request(visitor)
        visitor.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            visitor.sendall(b"x" * 65536)

    with serving(script) as server, pytest.raises(Rejected, match="1 MB"):
        http(ALL).request("GET", server.url)


def drip(start: bytes, drop: bytes) -> Iterator[Server]:
    def script(visitor: socket.socket) -> None:
        read_request(visitor)
        visitor.sendall(start)
        for _ in range(200):
            visitor.sendall(drop)
            threading.Event().wait(0.02)

    with serving(script) as server:
        yield server


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b""),
    ],
    ids=["body", "headers", "100-continue", "silence"],
)
def test_a_dripping_server_meets_the_deadline(start: bytes, drop: bytes) -> None:
    for server in drip(start, drop):
        began = time.monotonic()
        with pytest.raises(TimedOut) as late:
            http(ALL, seconds=0.5).request("POST", server.url)

        assert time.monotonic() - began < 2
        assert late.value.maybe_done


def test_headers_without_end_are_refused() -> None:
    def script(visitor: socket.socket) -> None:
        read_request(visitor)
        visitor.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            visitor.sendall(b"X-Filler: " + b"x" * 4000 + b"\r\n")

    with serving(script) as server, pytest.raises(Unavailable):
        http(ALL).request("GET", server.url)


def test_a_lost_answer_says_that_the_effect_may_have_taken_place() -> None:
    def script(visitor: socket.socket) -> None:
        read_request(visitor)

    with serving(script) as server, pytest.raises(Unavailable) as lost:
        http(ALL).request("POST", server.url)

    assert lost.value.maybe_done


def test_a_request_that_never_left_says_so() -> None:
    with serving(answering()) as server:
        pass

    with pytest.raises(Unavailable) as closed:
        http(ALL).request("POST", server.url)

    assert not closed.value.maybe_done


def test_a_closed_port_reads_like_a_denied_one() -> None:
    with serving(answering()) as server:
        pass

    with pytest.raises(Unavailable) as closed:
        http(ALL).request("GET", server.url)
    with pytest.raises(Blocked) as denied:
        http().request("GET", server.url)

    assert str(closed.value) == str(denied.value)


# --- Hostile values (S9) -----------------------------------------------------------------------------------

INJECTIONS = [
    "\r\nX-Evil: 1",
    "\nX-Evil: 1",
    "\rX-Evil: 1",
    "\x00",
    "\u2028X-Evil: 1",
    "\x85X",
    "é",
    "\ud800",
]


@pytest.mark.parametrize("injection", INJECTIONS)
def test_a_header_value_cannot_start_another_header(injection: str) -> None:
    with serving(answering(response())) as server:
        with pytest.raises(Misconfigured) as refused:
            http(ALL).request("GET", server.url, headers=[("X-Note", f"a{injection}")])

        assert refused.value.field == "headers"
        assert not server.visits


@pytest.mark.parametrize("name", ["X-Bad\r\nX-Evil", "X Bad", "X:Bad", "", "Ünicode", "X\x00"])
def test_a_header_name_is_a_plain_word(name: str) -> None:
    with serving(answering(response())) as server:
        with pytest.raises(Misconfigured):
            http(ALL).request("GET", server.url, headers=[(name, "value")])

        assert not server.visits


@pytest.mark.parametrize(
    "name", ["Host", "content-length", "Transfer-Encoding", "Connection", "Proxy-Authorization"]
)
def test_headers_that_frame_a_request_are_not_a_steps_to_set(name: str) -> None:
    with pytest.raises(Misconfigured, match="set by Parley"):
        http(ALL).request("GET", "http://127.0.0.1/", headers=[(name, "x")])


def test_values_in_the_query_are_encoded() -> None:
    heard = []

    def script(visitor: socket.socket) -> None:
        heard.append(read_request(visitor))
        visitor.sendall(response())

    with serving(script) as server:
        http(ALL).request("GET", f"{server.url}/find?a=1", query=[("q", "x&y=1\r\nEvil: 1 #é")])

    assert heard[0].startswith(b"GET /find?a=1&q=x%26y%3D1%0D%0AEvil%3A+1+%23%C3%A9 HTTP/1.1\r\n")


# --- Bound to its connection -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/../admin", "/a/../../admin", "/a/%2e%2e/admin", "/./a", "https://evil.example/", "http://127.0.0.2/"],
)
def test_a_path_stays_under_the_connections_address(path: str) -> None:
    with serving(answering(response())) as server:
        shop = connected(base_url=f"{server.url}/v1", hosts=frozenset({ALL}))
        with pytest.raises(Misconfigured):
            http(ALL, connection=shop).request("GET", path)

        assert not server.visits


@pytest.mark.parametrize("path", ["/orders", "orders", "//orders", "/@evil.example/", "/orders/two words"])
def test_a_path_is_put_behind_the_base_address(path: str) -> None:
    heard = []

    def script(visitor: socket.socket) -> None:
        heard.append(read_request(visitor))
        visitor.sendall(response())

    with serving(script) as server:
        shop = connected(base_url=f"{server.url}/v1/", hosts=frozenset({ALL}))
        http(ALL, connection=shop).request("GET", path)

    assert heard[0].startswith(b"GET /v1/" + path.lstrip("/").replace(" ", "%20").encode() + b" HTTP/1.1")


def test_every_refusal_is_one_of_ours() -> None:
    for url in (
        "http://" + "a" * 300,
        "http://a..b/",
        "http://-/",
        "http://\udcff/",
        "http://xn--/",
        "http://[v1.x]/",
    ):
        with pytest.raises(ConnectorError):
            http().request("GET", url)


def test_a_query_that_cannot_be_sent_is_named() -> None:
    for value in ("\ud800", "x" * 70_000):
        with pytest.raises(Misconfigured) as refused:
            http(ALL).request("GET", "http://127.0.0.1/", query=[("q", value)])
        assert refused.value.field == "query"


@pytest.mark.parametrize(
    ("base", "allowed"),
    [("http://Bücher.example", "xn--bcher-kva.example"), ("http://xn--bcher-kva.example.", "bücher.example")],
)
def test_a_host_is_the_same_in_every_spelling(base: str, allowed: str) -> None:
    shop = connected(base_url=base, hosts=frozenset({normal_host(allowed)}))

    with pytest.raises(Unavailable, match="Could not reach"):
        http(connection=shop).request("GET", "/")


def test_refusals_do_not_use_up_the_connections() -> None:
    with serving(answering(response(b"x" * 2_000_000))) as large, serving(answering(response())) as server:
        client = http(f"{ALL}:{large.port}", f"{ALL}:{server.port}", seconds=60)
        for _ in range(120):
            with pytest.raises(Blocked):
                client.request("GET", "http://127.0.0.1:1/")
        for _ in range(110):
            with pytest.raises(Rejected):
                client.request("GET", large.url)

        assert client.request("GET", server.url).status == 200


def test_threads_share_a_connection_without_mixing_answers() -> None:
    def script(visitor: socket.socket) -> None:
        while True:
            asked = read_request(visitor).split()[1]
            visitor.sendall(response(b'"' + asked + b'"'))

    with serving(script) as server:
        shop = connected(base_url=server.url, hosts=frozenset({ALL}))
        client = http(ALL, connection=shop, seconds=30)

        def ask(number: int) -> bool:
            return all(client.request("GET", f"/{number}-{n}").json == f"/{number}-{n}" for n in range(20))

        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(ask, range(8)))
