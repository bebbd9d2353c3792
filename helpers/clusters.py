"""A Dask cluster that works for a command: reached, and like this machine.

The extra `cluster` brings Dask. Whoever reaches a scheduler can run code on its
workers: use one that is yours.
"""

import hashlib
from pathlib import Path
from typing import Any

from helpers.errors import KitError

__all__ = [
    "connected",
    "kit_fingerprint",
    "require_alike",
    "require_packages_alike",
    "unlike",
]

PATIENCE = 15  # seconds until a scheduler answers


def connected(address: str) -> Any:
    """Return a client of the scheduler at `address`, a context.

    Raises `KitError` without the extra, or where nobody answers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise KitError(
            "a cluster needs the extra `cluster`: "
            'pip install "anomaly-workshop[cluster]"'
        ) from None
    try:
        return Client(address, timeout=PATIENCE)
    except (OSError, TimeoutError, ValueError) as problem:
        raise KitError(f"no scheduler answers at {address}: {problem}") from None


def require_packages_alike(client: Any) -> None:
    """Raise `KitError` unless there are workers, with Python and packages as here."""
    if not client.scheduler_info()["workers"]:
        raise KitError("the cluster has no workers: start some with `dask worker`")
    try:
        client.get_versions(check=True)
    except (ValueError, ImportError, AttributeError) as problem:
        raise unlike(problem) from None


def unlike(problem: Exception) -> KitError:
    """Return what to say of workers that differ."""
    line = str(problem).strip().splitlines()[0]
    return KitError(f"the cluster's workers are not like this machine: {line}")


def require_alike(client: Any) -> None:
    """Raise `KitError` unless every worker has these packages and this very kit."""
    require_packages_alike(client)
    try:
        told = client.run(kit_fingerprint)
    except (ValueError, ImportError, AttributeError) as problem:
        raise unlike(problem) from None
    for worker, theirs in told.items():
        if theirs != kit_fingerprint():
            raise KitError(f"worker {worker} has another version of this kit")


def kit_fingerprint() -> str:
    """Return a digest of the kit's code."""
    hashed = hashlib.sha256()
    package = Path(__file__).parent
    for path in sorted(package.rglob("*.py")):
        hashed.update(path.relative_to(package).as_posix().encode())
        hashed.update(path.read_bytes())
    return hashed.hexdigest()
