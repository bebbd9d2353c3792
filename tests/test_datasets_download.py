"""Downloads and local copies that go wrong, against a server on this machine."""

import errno
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.datasets import (
    DatasetDamaged,
    DatasetUnavailable,
    download,
    fetch,
    files,
    load,
)
from helpers.datasets.registry import RegisteredFile, registered_files

ATTACKS = """back dos
buffer_overflow u2r
ftp_write r2l
guess_passwd r2l
imap r2l
ipsweep probe
land dos
loadmodule u2r
multihop r2l
neptune dos
nmap probe
perl u2r
phf r2l
pod dos
portsweep probe
rootkit u2r
satan probe
smurf dos
spy r2l
teardrop dos
warezclient r2l
warezmaster r2l

"""
NAME, CONTENT = "deepad_attack_types", ATTACKS.encode()
MIRROR = "deepad/kdd/training_attack_types.txt"


class Handler(BaseHTTPRequestHandler):
    """Answers with the next step of the plan for a path, or with the file."""

    def do_GET(self):
        site = self.server.site
        site.requests[self.path] += 1
        plan = site.plans.get(self.path, [])
        step = plan.pop(0) if len(plan) > 1 else (plan[0] if plan else serve(CONTENT))
        step(self)

    def log_message(self, *arguments):
        pass


def serve(body, *, announced=None):
    """Send `body`; announce another length than it has, or none when negative."""

    def step(handler):
        handler.send_response(200)
        length = len(body) if announced is None else announced
        if length >= 0:
            handler.send_header("Content-Length", str(length))
        handler.end_headers()
        handler.wfile.write(body)

    return step


def answer(status):
    return lambda handler: handler.send_error(status)


def stall(handler, body=b""):
    """Announce the whole file, send a part of it, then nothing until the end."""
    if body:
        serve(body, announced=len(CONTENT))(handler)
        handler.wfile.flush()
    handler.server.site.over.wait(10)


@pytest.fixture
def site(monkeypatch, tmp_path):
    """A class mirror on this machine, and a new and empty cache."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.site = site = SimpleNamespace(
        plans={}, requests=defaultdict(int), over=threading.Event()
    )
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    site.cache = tmp_path / "cache"
    site.target = site.cache / MIRROR
    for name in ("WORKSHOP_OFFLINE", "WORKSHOP_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    monkeypatch.setenv("WORKSHOP_DATA_URL", site.url)
    monkeypatch.setenv("WORKSHOP_CACHE_DIR", str(site.cache))
    monkeypatch.setattr(download, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(download, "TIMEOUT_SECONDS", (2.0, 0.3))
    yield site
    site.over.set()
    server.shutdown()
    server.server_close()


def plan(site, *steps):
    site.plans[f"/{MIRROR}"] = list(steps)


def requests_made(site):
    return site.requests[f"/{MIRROR}"]


def kept(site):
    """Return the files in the cache, whatever their names."""
    return [path for path in site.cache.rglob("*") if path.is_file()]


def refused(site, reason):
    """Assert that the file can't be had, why, and that nothing is kept."""
    with pytest.raises(DatasetUnavailable, match=reason) as caught:
        load(NAME)
    message = str(caught.value)
    assert "\n" not in message
    for part in (NAME, "1 kB", str(site.target), MIRROR, "WORKSHOP_DATA_DIR"):
        assert part in message
    assert kept(site) == []


# --- what the server does -----------------------------------------------------------


def test_a_download_is_kept_and_not_repeated(site):
    assert load(NAME).X.shape == (22, 2)
    assert kept(site) == [site.target]
    assert site.target.read_bytes() == CONTENT
    load(NAME)
    assert requests_made(site) == 1


def test_a_torn_body_is_fetched_again(site):
    plan(site, serve(CONTENT[:100], announced=len(CONTENT)), serve(CONTENT))
    assert load(NAME).X.shape == (22, 2)
    assert requests_made(site) == 2


def test_a_body_that_is_always_torn_is_refused(site):
    plan(site, serve(CONTENT[:100], announced=len(CONTENT)))
    refused(site, "broke off in the middle")
    assert requests_made(site) == download.ATTEMPTS


@pytest.mark.parametrize("announced", [None, -1], ids=["short length", "no length"])
@given(cut=st.integers(0, len(CONTENT) - 1))
@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_part_of_a_file_is_ever_used(site, announced, cut):
    """Without a length, or with a wrong one, only the hash can tell."""
    plan(site, serve(CONTENT[:cut], announced=announced))
    refused(site, "sent other bytes than the registry asks for")


@given(change=st.binary(min_size=1, max_size=20), at=st.integers(0, len(CONTENT) - 20))
@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_wrong_bytes_of_the_right_length_are_refused(site, change, at):
    body = CONTENT[:at] + change + CONTENT[at + len(change) :]
    if body != CONTENT:
        plan(site, serve(body))
        refused(site, "sent other bytes")


def test_a_page_in_place_of_the_file_is_refused(site):
    plan(site, serve(b"<html>please log in</html>"))
    refused(site, "sent other bytes")


def test_not_found_is_not_tried_again(site):
    plan(site, answer(404))
    refused(site, "answered HTTP 404")
    assert requests_made(site) == 1


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_busy_server_is_tried_again(site, status):
    plan(site, answer(status), answer(status), serve(CONTENT))
    assert load(NAME).X.shape == (22, 2)
    assert requests_made(site) == 3


def test_a_server_that_stays_busy_is_given_up(site):
    plan(site, answer(503))
    refused(site, "answered HTTP 503")
    assert requests_made(site) == download.ATTEMPTS


@pytest.mark.parametrize("part", [b"", CONTENT[:50]], ids=["at once", "in the middle"])
def test_a_stalled_server_is_left(site, part):
    plan(site, lambda handler: stall(handler, part))
    refused(site, "stopped answering")
    assert requests_made(site) == download.ATTEMPTS


def test_a_server_that_stalls_once_is_asked_again(site):
    plan(site, stall, serve(CONTENT))
    assert load(NAME).X.shape == (22, 2)


def test_a_server_that_is_not_there(site, monkeypatch):
    monkeypatch.setenv("WORKSHOP_DATA_URL", "http://127.0.0.1:9")
    refused(site, "can't be reached")


def test_an_address_that_is_none(site, monkeypatch):
    monkeypatch.setenv("WORKSHOP_DATA_URL", "teacher")
    refused(site, "is no address to fetch from")


def test_two_processes_fetch_the_same_file_at_once(site):
    """The server holds both answers back until both processes have asked."""
    both = threading.Barrier(2, timeout=60)
    in_step = []

    def together(handler):
        in_step.append(both.wait())
        serve(CONTENT)(handler)

    plan(site, together)
    code = f"from helpers.datasets import load; print(load({NAME!r}).X.shape)"
    workers = [
        subprocess.Popen([sys.executable, "-c", code], stdout=-1, stderr=-1, text=True)
        for _ in range(2)
    ]
    for worker in workers:
        out, err = worker.communicate(timeout=120)
        assert worker.returncode == 0, err
        assert out == "(22, 2)\n"
    assert sorted(in_step) == [0, 1]
    assert kept(site) == [site.target]
    assert site.target.read_bytes() == CONTENT


# --- the cache ----------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", CONTENT[:-1], CONTENT + b"x", b"\0" * 272])
def test_a_damaged_file_in_the_cache_is_fetched_again(site, content):
    site.target.parent.mkdir(parents=True)
    site.target.write_bytes(content)
    assert load(NAME).X.shape == (22, 2)
    assert site.target.read_bytes() == CONTENT


def test_a_damaged_file_in_the_cache_is_not_used_offline(site, monkeypatch):
    site.target.parent.mkdir(parents=True)
    site.target.write_bytes(CONTENT[:-1])
    monkeypatch.setenv("WORKSHOP_OFFLINE", "1")
    with pytest.raises(
        DatasetUnavailable, match="is damaged or unreadable in the cache: W"
    ):
        load(NAME)
    assert requests_made(site) == 0


def test_a_cache_below_a_file_can_not_be_written(site, monkeypatch, tmp_path):
    """Holds for root as well, whom permissions don't stop."""
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("WORKSHOP_CACHE_DIR", str(tmp_path / "file" / "cache"))
    with pytest.raises(DatasetUnavailable, match="can't be written") as caught:
        load(NAME)
    assert "WORKSHOP_CACHE_DIR" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert requests_made(site) == 0


@pytest.fixture
def read_only_cache(site, monkeypatch):
    """A cache with one file that this process may read and not write.

    Root may write anywhere, so as root the process becomes nobody for a while.
    """
    load("heart"), load(NAME)  # what is imported later would be out of nobody's reach
    with TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        shutil.copytree(site.cache, cache)
        monkeypatch.setenv("WORKSHOP_CACHE_DIR", str(cache))
        folders = [Path(folder), cache, *(p for p in cache.rglob("*") if p.is_dir())]
        for one in folders:
            one.chmod(0o555)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        yield cache
        if is_root:
            os.seteuid(0)
        for one in folders:
            one.chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")
def test_a_read_only_cache_serves_what_it_has(site, read_only_cache):
    assert load(NAME).X.shape == (22, 2)
    with pytest.raises(DatasetUnavailable, match="can't be written") as caught:
        load("nab_combined_labels")
    assert "Permission denied" in str(caught.value)
    assert "set WORKSHOP_CACHE_DIR" in str(caught.value)
    assert requests_made(site) == 1


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_a_disk_that_refuses_is_named(site, monkeypatch, number):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("pooch.retrieve", refuse)
    refused(site, os.strerror(number))


# --- order of the sources, offline --------------------------------------------------


def test_the_mirror_comes_before_the_cache_and_the_network(site, monkeypatch, tmp_path):
    copy = tmp_path / "mirror" / MIRROR
    copy.parent.mkdir(parents=True)
    copy.write_bytes(CONTENT)
    monkeypatch.setenv("WORKSHOP_DATA_DIR", str(tmp_path / "mirror"))
    assert load(NAME).X.shape == (22, 2)
    assert requests_made(site) == 0
    assert not site.cache.exists()


@given(cut=st.integers(0, len(CONTENT) - 1))
@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_torn_file_in_the_mirror_is_refused(site, monkeypatch, tmp_path, cut):
    copy = tmp_path / "mirror" / MIRROR
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(CONTENT[:cut])
    monkeypatch.setenv("WORKSHOP_DATA_DIR", str(tmp_path / "mirror"))
    with pytest.raises(DatasetDamaged, match="copy it again from the original") as why:
        load(NAME)
    assert str(copy) in str(why.value)
    assert "\n" not in str(why.value)
    assert copy.read_bytes() == CONTENT[:cut], "somebody else's file is left alone"
    assert requests_made(site) == 0


def test_a_damaged_file_of_the_kit_is_refused(site, monkeypatch, tmp_path):
    kit = tmp_path / "datasets"
    kit.mkdir()
    (kit / "heart.csv").write_text("age,target\n")
    monkeypatch.setattr(files, "datasets_dir", lambda: kit)
    with pytest.raises(DatasetDamaged, match="git checkout -- datasets"):
        load("heart")


def test_a_file_that_can_not_be_read_is_named(site, monkeypatch, tmp_path):
    copy = tmp_path / "mirror" / MIRROR
    copy.parent.mkdir(parents=True)
    copy.write_bytes(CONTENT)
    monkeypatch.setenv("WORKSHOP_DATA_DIR", str(tmp_path / "mirror"))

    def refuse(path):
        raise PermissionError(path)

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    with pytest.raises(DatasetDamaged, match="can't be read: check its permissions"):
        load(NAME)


@pytest.mark.parametrize("value", ["1", "true", " YES "])
def test_offline_means_no_network(site, monkeypatch, value):
    monkeypatch.setenv("WORKSHOP_OFFLINE", value)
    refused(site, "is not on this machine: WORKSHOP_OFFLINE forbids")
    assert requests_made(site) == 0


@pytest.mark.parametrize("value", ["", "0", "false", "No"])
def test_offline_can_be_off(site, monkeypatch, value):
    monkeypatch.setenv("WORKSHOP_OFFLINE", value)
    fetch(NAME)
    assert kept(site) == [site.target]


def test_a_folder_that_is_not_there_is_named(site, monkeypatch, tmp_path):
    monkeypatch.setenv("WORKSHOP_DATA_DIR", str(tmp_path / "nowhere"))
    plan(site, answer(404))
    refused(site, r"nowhere is no folder\)\.$")


@pytest.mark.parametrize("folder", ["~nobody_of_this_name/data", "x" * 300])
def test_a_folder_that_cannot_be_is_no_traceback(site, monkeypatch, folder):
    monkeypatch.setenv("WORKSHOP_DATA_DIR", folder)
    plan(site, answer(404))
    refused(site, r"is no folder\)\.$")


def test_a_relative_folder_is_shown_in_full(site, monkeypatch):
    """A notebook runs in another folder than the shell that set it."""
    monkeypatch.setenv("WORKSHOP_DATA_DIR", "../data")
    plan(site, answer(404))
    refused(site, re.escape(str(Path.cwd())))


def test_a_cache_that_cannot_be_is_no_traceback(site, monkeypatch):
    monkeypatch.setenv("WORKSHOP_CACHE_DIR", "x" * 300)
    with pytest.raises(DatasetUnavailable, match="can't be written"):
        load(NAME)


def test_an_address_with_an_endless_name_is_no_wrong_file(site, monkeypatch):
    monkeypatch.setenv("WORKSHOP_DATA_URL", f"http://{'x' * 300}")
    refused(site, "is no address to fetch from")


def test_the_pinned_address_is_the_default(monkeypatch):
    monkeypatch.delenv("WORKSHOP_DATA_URL", raising=False)
    file = registered_files()["nsl_kdd_test"]
    assert download.address(file) == file.url
    assert file.url.startswith("https://raw.githubusercontent.com/")


def test_a_class_mirror_has_the_paths_of_the_registry(monkeypatch):
    monkeypatch.setenv("WORKSHOP_DATA_URL", "http://teacher:8000/data/")
    file = registered_files()["nsl_kdd_test"]
    assert download.address(file) == ("http://teacher:8000/data/nsl_kdd/KDDTest%2B.txt")


def test_a_file_without_address_says_so(site, monkeypatch):
    monkeypatch.delenv("WORKSHOP_DATA_URL")
    file = RegisteredFile(
        name="own",
        mirror="own/file.csv",
        bytes=5,
        sha256=hashlib.sha256(b"hello").hexdigest(),
        licence="none",
        source="a test",
    )
    with pytest.raises(DatasetUnavailable, match=r"own .* it has no public address"):
        download.download(file)


def test_no_warning_in_a_notebook_without_widgets():
    code = """
import sys
import ipykernel.zmqshell
sys.modules["ipywidgets"] = None
from helpers.datasets.download import cache_dir
cache_dir()
"""
    environment = {k: v for k, v in os.environ.items() if k != "WORKSHOP_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


# --- machines -----------------------------------------------------------------------


@pytest.fixture
def no_home(monkeypatch):
    """A user without HOME and without an entry in passwd, as a container has."""
    if os.name == "nt":
        pytest.skip("Windows finds a home in other ways")
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "WORKSHOP_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    import pwd

    def nobody(uid):
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(pwd, "getpwuid", nobody)


def test_without_a_home_bundled_data_need_none_and_others_name_the_way(
    no_home, monkeypatch
):
    monkeypatch.delenv("WORKSHOP_DATA_DIR", raising=False)
    monkeypatch.delenv("WORKSHOP_OFFLINE", raising=False)
    assert download.cache_dir() is None
    assert len(load("heart").X) == 303
    with pytest.raises(DatasetUnavailable) as caught:
        load(NAME)
    message = str(caught.value)
    assert "there is no home folder to keep downloads in" in message
    assert "Set WORKSHOP_CACHE_DIR to a folder of yours" in message


def test_without_a_home_a_notebook_starts_and_the_record_says_why(no_home, monkeypatch):
    from helpers.exercises.record import the_record

    monkeypatch.delenv("WORKSHOP_RECORD", raising=False)
    assert "there is no home folder" in the_record().fault


@pytest.mark.parametrize(
    ("proxy", "parts"),
    [
        (
            "http://ada:secret@127.0.0.1:9",
            ["can't be reached through the proxy http://127.0.0.1:9 ", "running?"],
        ),
        ("socks5://127.0.0.1:9", ["the proxy socks5://127.0.0.1:9 ", "SOCKS"]),
    ],
)
def test_a_dead_proxy_or_one_that_needs_socks_is_named_without_its_password(
    site, monkeypatch, proxy, parts
):
    for name in ("NO_PROXY", "no_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ALL_PROXY", proxy)
    monkeypatch.setenv("WORKSHOP_DATA_URL", "http://data.invalid")
    with pytest.raises(DatasetUnavailable) as caught:
        load(NAME)
    message = str(caught.value)
    assert "secret" not in message
    assert "\n" not in message
    if proxy.startswith("socks") and importlib.util.find_spec("socks"):
        parts = ["the proxy socks5://127.0.0.1:9 "]
    assert all(part in message for part in parts), message
