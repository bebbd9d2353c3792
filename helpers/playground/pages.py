"""A self-contained page in a frame, and the sentence that stands outside it."""

import html
import json
from dataclasses import dataclass
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import Any

BLANK = "If nothing moves above, run the cell."  # a stored output that isn't trusted
_HEAD = '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'


@dataclass(frozen=True)
class Playground:
    """What a notebook shows: `page` in a frame of `height` pixels, and `sentence`."""

    page: str
    sentence: str
    title: str
    height: int

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": self.sentence}

    def _repr_html_(self) -> str:
        """Return the frame and the sentence; the page can't reach the notebook."""
        return (
            f'<iframe srcdoc="{html.escape(self.page)}" '
            f'title="{html.escape(self.title)}" sandbox="allow-scripts" '
            f'width="100%" height="{self.height}" '
            'style="border: 1px solid #8888; border-radius: 4px"></iframe>'
            f"<p>{html.escape(self.sentence)}</p>"
        )

    def __str__(self) -> str:
        """Return the sentence."""
        return self.sentence

    def save(self, path: str | PathLike) -> Path:
        """Write the page as a file that any browser opens; return where it lies."""
        place = Path(path).expanduser()
        place.write_text(self.page, encoding="utf-8")
        return place


def filled(template: str, data: dict[str, Any], title: str) -> str:
    """Return a template's page with its data; no text in it can end the script."""
    shared, own = (_read(name) for name in ("shared.css", template))
    told = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    told = told.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    head = f"{_HEAD}<title>{html.escape(title)}</title><style>{shared}</style></head>"
    return f"{head}\n{own.replace('/*DATA*/', told)}</html>\n"


def _read(name: str) -> str:
    return (files("helpers.playground") / name).read_text(encoding="utf-8")


def rounded(values: Any) -> list[float]:
    """Return floats with as many digits as a picture shows."""
    return [float(f"{value:.5g}") for value in values]
