"""Where the kit's own files are: in a checkout, or inside an installed wheel."""

from pathlib import Path


def kit_root() -> Path:
    """Return the folder that holds `datasets/` and `solutions/`.

    In a checkout this is the repository's root; in an installed wheel both folders
    travel inside the package, under `helpers/_kit`.
    """
    package = Path(__file__).resolve().parent
    packed = package / "_kit"
    return packed if packed.is_dir() else package.parent


def datasets_dir() -> Path:
    """Return the folder of the bundled data, their cards and `registry.toml`."""
    return kit_root() / "datasets"


def solutions_dir() -> Path:
    """Return the folder of the lesson sources, `NN_slug.py`."""
    return kit_root() / "solutions"
