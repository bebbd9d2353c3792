"""Lines for Jupyter itself (%matplotlib, !pip, %%time) out of code that is to run.

A submission runs as plain Python. What Jupyter alone understands is left out where it
changes no names, and put in Python where it does (`%time fit = model.fit(X)`).
"""

import re

_DROPPED_HEADS = ("time", "timeit", "capture", "prun", "debug", "memit", "mprun")
_RUNS_ITS_LINE = re.compile(r"%(?:time|timeit|prun|memit|lprun)\b(?:\s+-\S+)*\s*(.*)")
_ASSIGNS = re.compile(r"([A-Za-z_][\w, ]*)=\s*[%!]")
_ASKS = re.compile(r"\?{1,2}[\w.\[\]]+$|[\w.\[\]]+\?{1,2}$")
_IN_CODE = re.compile(
    r"""\#.*|\\.|(?P<triple>\"{3}|'{3})|(?P<quote>["'])|(?P<open>[(\[{])|(?P<close>[)\]}])""",
    re.DOTALL,
)
_MAY_HAVE = re.compile(r"^[ \t]*[%!?]|=[ \t]*[%!]|\?[ \t]*$", re.MULTILINE)


def plain_python(source: str) -> tuple[str, list[str]]:
    """Return a cell's source without Jupyter's own lines, and those lines.

    A cell for another language (`%%bash`) becomes empty. Line numbers stay.
    """
    if not _MAY_HAVE.search(source):
        return source, []
    lines, found = source.split("\n"), []
    head = next((i for i, line in enumerate(lines) if line.strip()), 0)
    state = _State()
    for index, line in enumerate(lines):
        told = line.strip()
        if state.inside:
            state.follow(line)
        elif told.startswith("%%"):
            found.append(told)
            if index == head and not _python_follows(told):
                return "", found
            lines[index] = ""
        elif (put := _instead(told)) is not None:
            found.append(told)
            lines[index] = line[: len(line) - len(line.lstrip())] + put
        else:
            state.follow(line)
    return "\n".join(lines), found


def _python_follows(head: str) -> bool:
    return head[2:].split(maxsplit=1)[:1] in [[name] for name in _DROPPED_HEADS]


def _instead(line: str) -> str | None:
    """Return the Python that stands in for a line of Jupyter's; None for other lines."""
    timed = _RUNS_ITS_LINE.match(line)
    if timed:
        return timed[1] or "pass"
    if line.startswith(("%", "!")) or _ASKS.match(line):
        return "pass"
    assigned = _ASSIGNS.match(line)
    return f"{assigned[1].strip()} = None" if assigned else None


class _State:
    """Whether the next line begins a statement, or goes on with a text or a bracket."""

    def __init__(self) -> None:
        self.text = ""  # the quotes that end the text we are in
        self.depth = 0
        self.joined = False

    @property
    def inside(self) -> bool:
        return bool(self.text or self.depth > 0 or self.joined)

    def follow(self, line: str) -> None:
        self.joined = line.endswith("\\") and not line.endswith("\\\\")
        at = 0
        while at < len(line):
            at = self._in_text(line, at) if self.text else self._in_code(line, at)
        if len(self.text) == 1 and not self.joined:
            self.text = ""  # a quote left open ends with its line

    def _in_text(self, line: str, at: int) -> int:
        end = re.compile(r"\\.|" + re.escape(self.text))
        for found in end.finditer(line, at):
            if found[0] == self.text:
                self.text = ""
                return found.end()
        return len(line)

    def _in_code(self, line: str, at: int) -> int:
        found = _IN_CODE.search(line, at)
        if not found:
            return len(line)
        self.text = found["triple"] or found["quote"] or ""
        self.depth = max(0, self.depth + bool(found["open"]) - bool(found["close"]))
        return found.end()
