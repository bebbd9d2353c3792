"""Downloads: pinned address, SHA-256 checked, retried, never half written.

Pooch writes to a temporary name beside the target, checks the hash and renames, so
two processes may fetch the same file at once and readers see all of it or nothing.
"""

import contextlib
import os
import time
import warnings
from pathlib import Path
from types import ModuleType
from urllib.parse import quote, urlsplit

from helpers.datasets.errors import DatasetUnavailable
from helpers.datasets.registry import RegisteredFile
from helpers.files import user_path

ATTEMPTS = 3
PAUSE_SECONDS = 1.0  # before the second attempt; doubled before the third
TIMEOUT_SECONDS = (10.0, 20.0)  # to connect; between two pieces of the answer
_OFF = {"", "0", "false", "no", "off"}


def cache_dir() -> Path | None:
    """Return the folder of downloads: `WORKSHOP_CACHE_DIR`, or the system's own.

    None where there is neither: this user has no home folder.
    """
    override = os.environ.get("WORKSHOP_CACHE_DIR")
    if override:
        return user_path(override)
    try:
        found = Path(_pooch().os_cache("anomaly-workshop"))
    except RuntimeError:  # platformdirs, where no home can be found
        return None
    return found if found.is_absolute() else None


def is_offline() -> bool:
    """Tell whether `WORKSHOP_OFFLINE` forbids any use of the network."""
    return os.environ.get("WORKSHOP_OFFLINE", "").strip().lower() not in _OFF


def address(file: RegisteredFile) -> str | None:
    """Return the address to fetch `file` from, or None when it has none.

    A class mirror in `WORKSHOP_DATA_URL` (any web server over a folder laid out like
    `WORKSHOP_DATA_DIR`) takes the place of the pinned address.
    """
    base = os.environ.get("WORKSHOP_DATA_URL", "").strip()
    if base:
        return f"{base.rstrip('/')}/{quote(file.mirror)}"
    return file.url


def download(file: RegisteredFile) -> Path:
    """Fetch `file` into the cache and return its path there.

    Server errors, time-outs and torn or wrong bodies are tried again, up to three
    times in all; an answer like 404 is not. Raises `DatasetUnavailable` with the
    reason, leaving no part of the file behind.
    """
    if is_offline():
        raise unavailable(file, "WORKSHOP_OFFLINE forbids the download")
    cache = cache_dir()
    if cache is None:
        raise unavailable(file, "there is no home folder to keep downloads in")
    url = address(file)
    if url is None:
        raise unavailable(file, "it has no public address")
    reason = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE_SECONDS * 2 ** (attempt - 1))
        reason, may_help = _attempt(file, url, cache)
        if not reason:
            return cache / file.mirror
        if not may_help:
            break
    raise unavailable(file, f"{url} {reason}")


def unavailable(file: RegisteredFile, reason: str) -> DatasetUnavailable:
    """Return the error for a file that is not here: file, size, reason, way out."""
    cache = cache_dir()
    state = "is not on this machine"
    way = "Set WORKSHOP_CACHE_DIR to a folder of yours"
    if cache is not None:
        way = f"Put the file at {cache / file.mirror}"
        if os.path.isfile(cache / file.mirror):
            state = "is damaged or unreadable in the cache"
    return DatasetUnavailable(
        f"{file.name} ({file.size}) {state}: {reason}. {way}, or put the file at "
        f"{file.mirror} in the folder that WORKSHOP_DATA_DIR names{_mirror_state()}."
    )


def _mirror_state() -> str:
    """Return what WORKSHOP_DATA_DIR is now, as the end of a sentence."""
    folder = os.environ.get("WORKSHOP_DATA_DIR")
    if not folder:
        return ""
    return f" ({mirror_fault() or user_path(folder).absolute()})"


def mirror_fault() -> str:
    """Return what is wrong with WORKSHOP_DATA_DIR; empty if nothing is, or unset."""
    folder = os.environ.get("WORKSHOP_DATA_DIR")
    if not folder or os.path.isdir(user_path(folder)):
        return ""
    return f"{user_path(folder).absolute()} is no folder"


def _attempt(file: RegisteredFile, url: str, cache: Path) -> tuple[str, bool]:
    """Fetch once; return ("", False), or what went wrong and if a retry may help."""
    import requests

    try:
        _retrieve(file, url, cache)
    except (requests.RequestException, ValueError) as error:
        return _explain(error, url)
    except OSError as error:
        raise unavailable(
            file,
            f"the cache {cache} can't be written "
            f"({error.strerror or error}); set WORKSHOP_CACHE_DIR to a folder of yours",
        ) from None
    return "", False


def _pooch() -> ModuleType:
    """Import pooch; its progress bar warns in a notebook that lacks ipywidgets."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="IProgress not found")
        import pooch
    return pooch


def _retrieve(file: RegisteredFile, url: str, cache: Path) -> None:
    pooch = _pooch()
    target = cache / file.mirror
    target.parent.mkdir(parents=True, exist_ok=True)
    pooch.get_logger().setLevel("WARNING")
    pooch.retrieve(
        url,
        known_hash=f"sha256:{file.sha256}",
        fname=target.name,
        path=target.parent,
        downloader=pooch.HTTPDownloader(
            progressbar=True, chunk_size=2**16, timeout=TIMEOUT_SECONDS
        ),
    )
    with contextlib.suppress(OSError):  # a cache may serve a whole class
        target.chmod(0o644)


def _explain(error: Exception, url: str) -> tuple[str, bool]:
    """Return an error of one attempt in words, and whether a retry may help."""
    import requests

    proxy = _proxy(url)
    if isinstance(error, requests.exceptions.InvalidSchema) and "SOCKS" in str(error):
        return f"needs {proxy}, and SOCKS needs: pip install pysocks", False
    if proxy and isinstance(error, requests.exceptions.InvalidProxyURL):
        return f"can't be reached: {proxy} is no address of a proxy", False
    if isinstance(error, requests.HTTPError) and error.response is not None:
        status = error.response.status_code
        return f"answered HTTP {status}", status >= 500 or status in (408, 429)
    through = f" through {proxy}: is it running?" if proxy else ""
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return f"stopped answering{through}", True
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "broke off in the middle of the file", True
    if isinstance(error, requests.ConnectionError):
        return f"can't be reached{through}", True
    if isinstance(error, requests.RequestException) or "hash" not in str(error):
        return f"is no address to fetch from ({error})", False
    return "sent other bytes than the registry asks for", True


def _proxy(url: str) -> str:
    """Return "the proxy ADDRESS" that a download goes through, no password; "" if none.

    `HTTPS_PROXY`, `ALL_PROXY` and their kin, or the system's settings, name it.
    """
    from requests.utils import get_environ_proxies, select_proxy

    found = select_proxy(url, get_environ_proxies(url))
    if not found:
        return ""
    place = urlsplit(found if "//" in found else f"//{found}")
    shown = found.replace(f"{place.netloc}", place.netloc.rpartition("@")[2], 1)
    return f"the proxy {shown} (set by HTTPS_PROXY, HTTP_PROXY or ALL_PROXY)"
