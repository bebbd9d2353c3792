"""What attackers send over the wire: refused in a line, and others are answered."""

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPException, HTTPResponse

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("fastapi", reason="needs the extra serve")
pytest.importorskip("uvicorn", reason="needs the extra serve")

from helpers.serving import app as application
from helpers.serving import limits, server

WIDTH = 18  # of the rows of `folder`
GOOD = json.dumps({"data": [[0.5] * WIDTH], "model": "pca"}).encode()


def port_of(address):
    return int(address.rpartition(":")[2])


@contextmanager
def connected(port, sent=b""):
    """Yield a connection over which something was sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as wire:
        wire.sendall(sent)
        yield wire


def answer(wire):
    """Return status and body of the answer that comes."""
    response = HTTPResponse(wire)
    response.begin()
    return response.status, response.read()


def ask(port, sent):
    with connected(port, sent) as wire:
        return answer(wire)


def post(body, *lines, kind="application/json", length=True):
    """Return the bytes of a request to `/predict`."""
    head = [
        b"POST /predict HTTP/1.1",
        b"host: localhost",
        b"content-type: " + kind.encode(),
    ]
    if length:
        head.append(b"content-length: %d" % len(body))
    return b"\r\n".join([*head, *lines, b"", body])


def get(path, *lines, verb=b"GET", version=b"HTTP/1.1"):
    head = [verb + b" " + path + b" " + version, b"host: localhost", *lines]
    return b"\r\n".join([*head, b"", b""])


def refused(status, body):
    """Say whether this is a refusal in one short line of JSON."""
    told = json.loads(body)["error"]
    return 400 <= status < 500 and "\n" not in told and 0 < len(told) < 300


# --------------------------------------------------------------- a thousand requests

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inside: (
        st.lists(inside, max_size=4)
        | st.dictionaries(st.text(max_size=8), inside, max_size=4)
    ),
    max_leaves=12,
)
STRANGE = st.sampled_from(
    ["NaN", "Infinity", "-Infinity", "1e999", "-1e400", "9" * 400, "9" * 5000, '"1"',
     ".5", "true", "[]", "{}", "[[1]]", '"\\ud800"', "0x10", "1_000", "+1", "01",
     "'1'", "\u0661", "1,1", "", "1e", '"\u202e"']
)  # fmt: skip


def one_strange_cell(place_and_text):
    place, text = place_and_text
    cells = ["0.5"] * WIDTH
    cells[place] = text
    return b'{"data": [[' + ", ".join(cells).encode() + b"]]}"


def nested(opening_and_depth):
    opening, depth = opening_and_depth
    return opening * depth


BODIES = st.one_of(
    ANYTHING.map(lambda value: json.dumps(value).encode()),
    st.tuples(st.integers(0, WIDTH - 1), STRANGE).map(one_strange_cell),
    st.tuples(st.sampled_from([b"[", b'{"data":', b'{"data":[', b"[{}"]),
              st.integers(1, 100_000)).map(nested),
    st.binary(max_size=200),
    st.text(max_size=30).map(lambda name: json.dumps(
        {"data": [[0.5] * WIDTH], "model": f"x{name}"}).encode()),
    st.text(max_size=30).map(lambda name: json.dumps(
        {"data": [dict.fromkeys([*map(str, range(WIDTH)), name], 1)]}).encode()),
    ANYTHING.map(lambda value: json.dumps(
        {"data": [[0.5] * WIDTH], "threshold": [value]}).encode()),
    st.integers(0, 40).filter(lambda n: n != WIDTH).map(lambda n: json.dumps(
        {"data": [[0.5] * n]}).encode()),
    st.integers(1001, 20_000).map(lambda n: b'{"data": [%s[]]}' % (b"[]," * n)),
    st.just(GOOD.replace(b'"model"', b'"data": [], "model"')),
)  # fmt: skip
KINDS = st.sampled_from(
    ["", "text/plain", "application/jsonp", "json", "multipart/form-data; boundary=x"]
)
CHUNKS = st.sampled_from(
    [b"zz\r\n", b"-1\r\n", b"5\r\nab\r\n0\r\n\r\n", b"f" * 40 + b"\r\n", b"0\r\n\r\n",
     b"2;x=y\r\n{}\r\n0\r\n\r\n"]
)  # fmt: skip
LENGTHS = st.sampled_from(
    [b"-1", b"x", b"1, 2", b"1" * 40, b"0x2", b"2\r\ncontent-length: 3"]
)
PATHS = st.one_of(
    st.lists(st.sampled_from([b"..", b"%2e%2e", b"%00", b"etc", b"app.js", b".", b"%",
                              b"%ff", b"\\..", b";", b"models", b"rows.csv"]),
             min_size=2, max_size=8).map(lambda parts: b"/" + b"/".join(parts)),
    st.integers(1, 60_000).map(lambda n: b"/" + b"a" * n),
    st.sampled_from([b"*", b"http://elsewhere/x", b"//", b"/data?n=" + b"9" * 5000,
                     b"/data?n=%00", b"/data?n=1&n=x", b"/data?n=nan"]),
)  # fmt: skip
HEADERS = st.one_of(
    st.integers(200, 3000).map(lambda n: [b"x: %d" % at for at in range(n)]),
    st.integers(1000, 100_000).map(lambda n: [b"x: " + b"y" * n]),
    st.sampled_from([[b"no colon"], [b": empty"], [b"a b: c"], [b"x: \x00"],
                     [b"x:\x7f"], [b" folded: 1"], [b"host: y"]]),
)  # fmt: skip
REQUESTS = st.one_of(
    BODIES.map(post),
    BODIES.map(post),
    KINDS.map(lambda kind: post(GOOD, kind=kind)),
    CHUNKS.map(lambda body: post(body, b"transfer-encoding: chunked", length=False)),
    LENGTHS.map(lambda told: post(b"{}", b"content-length: " + told, length=False)),
    PATHS.map(get),
    HEADERS.map(lambda lines: get(b"/nowhere", *lines)),
    st.sampled_from([b"BREW", b"get", b"", b"\xff", b"PUT", b"TRACE"]).map(
        lambda verb: get(b"/predict", verb=verb)),
    st.sampled_from([b"HTTP/0.9", b"HTTP/3.7", b"http/1.1", b"", b"HTTP/1.1 x"]).map(
        lambda version: get(b"/nowhere", version=version)),
    st.binary(min_size=1, max_size=100).map(
        lambda junk: b"\x16" + junk + b"\r\n\r\n\r\n"),
)  # fmt: skip


def test_1000_bad_requests_get_a_line_each_and_cost_no_memory(served):
    address, process = served
    port, memory = port_of(address), psutil.Process(process.pid).memory_info
    count, before = 0, 0

    @settings(max_examples=1000, suppress_health_check=list(HealthCheck))
    @given(REQUESTS)
    def each_is_refused(sent):
        nonlocal count, before
        status, body = ask(port, sent)
        assert refused(status, body), (status, body[:300])
        count += 1
        if count == 200:  # what is loaded once is loaded
            before = memory().rss

    each_is_refused()
    assert count >= 1000
    assert memory().rss - before < 40e6
    assert ask(port, post(GOOD))[0] == 200


def test_large_bodies_take_memory_once(served):
    address, process = served
    port, memory = port_of(address), psutil.Process(process.pid).memory_info
    sent = post(b'{"data": [[' + b'"ab",' * 390_000 + b'""]]}')
    most = []
    for _ in range(3):
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: ask(port, sent), range(16)))
        assert {status for status, _ in answers} == {422}
        most.append(memory().rss)
    assert most[2] - most[0] < 60e6


# --------------------------------------------------- names, places and frames of others


def to(host, sent):
    """Return a request to a `host`."""
    return sent.replace(b"host: localhost", b"host: " + host)


@pytest.mark.parametrize(
    "host", [b"localhost", b"LOCALHOST:80", b"127.0.0.1:8000", b"[::1]:8000", b"[::1]"]
)
def test_a_server_for_this_machine_answers_to_its_names(address, host):
    assert ask(port_of(address), to(host, post(GOOD)))[0] == 200


@pytest.mark.parametrize(
    "host",
    [b"evil.example", b"localhost.evil.example", b"evil.example:8000", b"", b"[",
     b"localhost:80:80", b"localhost@evil.example", b"a b", b"\xff", b"[::1", b"::1",
     "localhos\u0142".encode(), "127.0.0.\u0661".encode(), b"127.0.0.1."]
)  # fmt: skip
def test_a_strangers_name_for_this_machine_gets_nothing(address, host):
    for sent in (get(b"/data"), get(b"/"), post(GOOD)):
        status, body = ask(port_of(address), to(host, sent))
        assert (status, refused(status, body)) == (421, True)


def test_names_are_asked_for_only_where_others_can_not_come_in():
    assert limits.names_of("0.0.0.0") is limits.names_of("host.example") is None
    assert limits.names_of("192.0.2.1") is None
    assert "[::1]" in limits.names_of("::1")
    assert "127.0.0.5" in limits.names_of("127.0.0.5")
    assert "proxy.example" in limits.names_of("localhost", ["Proxy.example"])


@pytest.mark.parametrize("path", [b"/data/", b"/predict/", b"/app.js/", b"?n=1"])
def test_nobody_is_led_elsewhere(patient, path):
    status, body = ask(patient[1], to(b"evil.example", get(path)))
    assert (status, refused(status, body)) == (404, True)


@pytest.mark.parametrize(
    "told", [b"", b"bytes=9-1", b"bytes=a-b", b"lines=0-1", b"bytes=999999-", b"bytes"]
)
def test_a_page_has_no_ranges_to_be_wrong_about(address, told):
    port = port_of(address)
    whole = ask(port, get(b"/app.js"))
    assert ask(port, get(b"/app.js", b"range: " + told)) == whole


@pytest.mark.parametrize(
    ("line", "status"),
    [(b"transfer-encoding: chunked", 400), (b"content-encoding: gzip", 415)],
)
def test_a_body_that_two_could_read_differently_is_refused(address, line, status):
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(GOOD), GOOD)
    body = chunked if status == 400 else GOOD
    found, told = ask(port_of(address), post(body, line))
    assert (found, refused(found, told)) == (status, True)


# ------------------------------------------------------------------- slow ones, crowds


@pytest.fixture(scope="module")
def patient(folder):
    """A server in a thread that waits one second and not five: it, and its port."""
    with (
        pytest.MonkeyPatch.context() as patch,
        server.listening("127.0.0.1", 0) as door,
    ):
        patch.setattr(server, "HEAD_SECONDS", 1.0)
        patch.setattr(server, "EXCHANGE_SECONDS", 3.0)
        patch.setattr(application, "BODY_SECONDS", 1.0)
        running = server.server_of(application.create_app(folder))
        thread = threading.Thread(target=running.run, args=([door],))
        thread.start()
        yield running, door.getsockname()[1]
        running.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


def test_slow_heads_and_bodies_are_ended_and_keep_nobody_waiting(patient):
    _, port = patient
    half = post(GOOD)
    with ExitStack() as stack:
        heads = [stack.enter_context(connected(port, b"GET /hea")) for _ in range(150)]
        bodies = [
            stack.enter_context(connected(port, half[:-10])) for _ in range(50)
        ]  # fmt: skip
        for _ in range(3):  # drop by drop
            for wire in heads:
                wire.sendall(b"l")
            assert ask(port, post(GOOD))[0] == 200
        for told, wires in (("head", heads), ("body", bodies)):
            for wire in wires:
                status, body = answer(wire)
                assert refused(status, body)
                assert status == 408
                assert told in json.loads(body)["error"]
    assert ask(port, get(b"/health"))[0] == 200


def refuses(wire):
    """Send a byte; say whether the other side has closed."""
    time.sleep(0.1)
    try:
        wire.sendall(b"x")
    except OSError:
        return True
    return False


def test_a_body_that_nobody_reads_is_not_waited_for(patient):
    _, port = patient
    with connected(port, get(b"/health", b"content-length: 1000")) as wire:
        assert answer(wire)[0] == 200
        assert any(refuses(wire) for _ in range(150))


def test_who_takes_no_answer_is_left(patient):
    running, port = patient
    with connected(port, get(b"/data?n=400") * 150):  # 25 MB, and nobody reads
        end = time.monotonic() + 15
        while running.server_state.connections and time.monotonic() < end:
            time.sleep(0.1)
        assert not running.server_state.connections


def test_100_clients_at_once_are_answered_beside_200_idle_ones(patient):
    _, port = patient
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(connected(port))
        with ThreadPoolExecutor(100) as pool:
            found = list(pool.map(lambda _: ask(port, post(GOOD)), range(100)))
    assert {status for status, _ in found} == {200}
    assert len({body for _, body in found}) == 1


def test_half_a_request_and_gone(patient):
    _, port = patient
    for cut in (1, 30, len(post(GOOD)) - 5):
        with connected(port, post(GOOD)[:cut]):
            pass
    assert ask(port, post(GOOD))[0] == 200


def test_an_answer_is_cut_off_where_what_follows_is_not_http(patient):
    _, port = patient
    with connected(port, get(b"/health") + b"\x00\x01junk\r\n\r\n") as wire:
        assert answer(wire)[0] == 200
    with connected(
        port, post(b"", b"transfer-encoding: chunked", length=False)
    ) as wire:
        wire.sendall(b"zz\r\n")
        with suppress(HTTPException, OSError):  # closed without a word
            assert refused(*answer(wire))
    assert ask(port, get(b"/health"))[0] == 200


def test_bodies_together_have_a_limit(patient, monkeypatch):
    _, port = patient
    monkeypatch.setattr(limits, "MOST_HELD", 1000)
    status, body = ask(port, post(b" " * 2000))
    assert (status, json.loads(body)["error"]) == (
        503,
        "too many bodies at a time; try again",
    )
    monkeypatch.undo()
    assert ask(port, post(GOOD))[0] == 200
