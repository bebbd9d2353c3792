"""`datasets/README.md` and `datasets/LICENSES.md`, made from the cards.

`python -m helpers.datasets.catalogue` writes both; a test fails while they are old.
"""

from collections.abc import Iterable

from helpers.datasets.cards import Card, cards
from helpers.datasets.registry import readable_size, registered_files
from helpers.files import write_whole
from helpers.paths import datasets_dir

_README = """\
# Data sets

{ready} data sets ship with the kit or with scikit-learn; {remote} more are read from
the folder in `WORKSHOP_DATA_DIR`, or downloaded once, from a pinned address, into a
cache.
Every file is checked against the SHA-256 in [registry.toml](registry.toml). Terms and
citations are in [LICENSES.md](LICENSES.md), everything known about a set, above all its
flaws, in its card: `workshop data card heart`, or the files in [cards](cards).

```python
from helpers.datasets import load

heart = load("heart")
heart.X, heart.y  # y: 1 = anomaly
heart.card.flaws  # read these first
```

| Setting | What it does |
|---|---|
| `WORKSHOP_DATA_DIR` | a folder with the files, at the `mirror` paths of the registry |
| `WORKSHOP_CACHE_DIR` | where downloads go, in place of the system's cache folder |
| `WORKSHOP_DATA_URL` | a class mirror: any web server over such a folder |
| `WORKSHOP_OFFLINE=1` | never use the network |

A class mirror in one line, on the teacher's machine: `python -m http.server 8000
--directory FOLDER`, and on the learners' `WORKSHOP_DATA_URL=http://TEACHER:8000`.

Sets that arrive row by row, with drifts and settings: [STREAMS.md](STREAMS.md).

## Ready without a network

{ready_table}

## From a mirror, or downloaded

{remote_table}

This page is made from the cards: `python -m helpers.datasets.catalogue`.
"""

_LICENSES = """\
# Licences and citations of the data

The kit's own licence does not cover the data. Each set keeps the terms of its source;
where a source states none, that is what is said here. Please cite the source.

{entries}

This page is made from the cards: `python -m helpers.datasets.catalogue`.
"""


def size_of(card: Card) -> int:
    """Return the bytes of all files of a data set."""
    return sum(registered_files()[name].bytes for name in card.files)


def readme() -> str:
    """Return the text of `datasets/README.md`."""
    ready = [card for card in cards().values() if card.bundled]
    remote = [card for card in cards().values() if not card.bundled]
    return _README.format(
        ready=len(ready),
        remote=len(remote),
        ready_table=_table(ready),
        remote_table=_table(remote),
    )


def licenses() -> str:
    """Return the text of `datasets/LICENSES.md`."""
    return _LICENSES.format(entries="\n".join(map(_entry, cards().values())))


def write() -> None:
    """Write both pages."""
    pages = {"README.md": readme(), "LICENSES.md": licenses()}
    for name, text in pages.items():
        write_whole(datasets_dir() / name, text.encode("utf-8"))


def _table(shown: Iterable[Card]) -> str:
    lines = ["| Name | What | Kind | Rows | Features | Anomalies | Size |"]
    lines.append("|---|---|---|---:|---:|---:|---:|")
    return "\n".join(lines + [_row(card) for card in shown])


def _row(card: Card) -> str:
    labels = "no labels"
    if card.anomalies is not None:
        labels = f"{card.anomalies:,} ({card.anomaly_share})"
    size = readable_size(size_of(card)) if card.files else "in scikit-learn"
    link = f"[{card.name}](cards/{card.name}.toml)"
    cells = [link, card.title, card.kind, f"{card.rows:,}", str(card.features)]
    return "| " + " | ".join([*cells, labels, size]) + " |"


def _entry(card: Card) -> str:
    return f"- **{card.name}**: {card.licence}. Origin: {card.origin}. {card.citation}."


if __name__ == "__main__":
    write()
