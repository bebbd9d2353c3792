"""Find what checks, hints and pictures say in the code that says it.

A message is a text of two words or more, as it stands in the code: a plain text, or an
f-string with its values in braces, `{len(scores)} days`. Docstrings, keys, names and
patterns are none. Titles, diagnoses and what is passed to `translated` count however
short they are.
"""

import ast
import calendar
import re
from collections.abc import Iterator

from helpers.exercises.answers import KINDS
from helpers.exercises.judging import OTHER
from helpers.exercises.outcomes import MARKS
from helpers.exercises.overview import HEADINGS
from helpers.translations.spoken import TOKEN

# words that messages take in from data, which no text of the code shows
WORDS = (
    *MARKS,
    *calendar.month_name[1:],
    *KINDS.values(),
    *HEADINGS,
    OTHER,
    "a {kind}",
    "texts",
    "dates",
)
PICTURE_WORDS = ("time", "limits", "{low} to {high}", "scores ({n})", "none")
# positions of the arguments that are texts, however short
_TEXTS = {"Mistake": (0, 1), "Wrong": (0, 1), "exercise": (1,), "translated": (0,)}
_LABELS = ("title", "label", "name", "x", "y")
_TWO_WORDS = re.compile(r"[A-Za-z].* .*[A-Za-z]")
# of pages, cells and patterns; calls
_MARKUP = re.compile(r"\s*[<#%]|.*[a-z]\|[a-z]|[\w.]+\([\w, ]*\)$")
_PIECE = re.compile(r"[.;,] .*[A-Za-z]{4}")  # of a longer message
_UNIT = re.compile(r"[a-z] \(\S+\)$")
_LETTERS = re.compile(r"[A-Za-z]{2,}")
_SKIPPED = ("compile", "fullmatch", "match", "search", "sub", "getattr", "print")
_LONGEST_NAME = 40  # characters of an expression that names a value


def messages(code: str, *, pictures: bool = False) -> list[str]:
    """Return the messages in a module or a cell, in order, each once.

    In code that draws `pictures`, short titles, labels and names of axes are some, too,
    and what an error says is none. Raises `SyntaxError` for what is not Python.
    """
    return list(dict.fromkeys(_texts(ast.parse(code), pictures=pictures)))


def units(code: str) -> list[str]:
    """Return the names of columns in a cell's dicts that end in a unit: "demand (GW)".

    Pictures have them as names of axes. Raises `SyntaxError` for what is not Python.
    """
    keys = [
        template(key) or ""
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Dict)
        for key in node.keys
        if key is not None
    ]
    return list(dict.fromkeys(filter(_UNIT.search, keys)))


def template(node: ast.AST) -> str | None:
    """Return the text of a string or an f-string, values in braces; None for others."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    said, count = "", 0
    for part in node.values:
        if isinstance(part, ast.Constant):
            said += str(part.value).replace("{", "{{").replace("}", "}}")
        else:
            count += 1
            name = ast.unparse(ast.JoinedStr([part]))[2:-1]
            odd = len(name) > _LONGEST_NAME or not TOKEN.fullmatch(name)
            said += f"{{value {count}}}" if odd else name
    return said


def _texts(node: ast.AST, *, pictures: bool) -> Iterator[str]:
    """Yield the messages below a node, in the order of the code."""
    if pictures and isinstance(node, ast.Raise):
        return
    if isinstance(node, ast.Call):
        yield from _of_call(node, pictures=pictures)
        if _name(node) in _SKIPPED:
            return
    said = template(node)
    if said is not None:
        plain = TOKEN.sub(" ", said)
        words = _TWO_WORDS.search(plain) or _PIECE.match(plain)
        if words and "\n" not in said and not _MARKUP.match(said):
            yield said
    for child in _children(node):
        yield from _texts(child, pictures=pictures)


def _of_call(node: ast.Call, *, pictures: bool) -> Iterator[str]:
    """Yield the texts of a call that count however short they are."""
    places = _TEXTS.get(_name(node), ())
    found: list[ast.AST] = [
        node.args[place] for place in places if place < len(node.args)
    ]
    for keyword in node.keywords:
        if keyword.arg == "others":  # (diagnosis, idea) of values that nobody listed
            pairs = [each for each in ast.walk(keyword.value) if _is_pair(each)]
            found += [each.elts[0] for each in pairs if isinstance(each, ast.Tuple)]
        elif pictures and keyword.arg in _LABELS:
            found += _strings(keyword.value)
    if pictures and _name(node) == "count" and len(node.args) > 1:
        yield from _counted(node)
    for each in found:
        said = template(each)
        if said and _LETTERS.search(TOKEN.sub("", said)):
            yield said


def _counted(node: ast.Call) -> Iterator[str]:
    """Yield what `helpers.text.count` makes: "{n} row", "{n} rows"."""
    things = [template(each) for each in node.args[1:]]
    if things[0]:
        yield f"{{n}} {things[0]}"
        yield f"{{n}} {things[1] if len(things) > 1 else things[0] + 's'}"


def _strings(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the texts in an expression; parts of an f-string are none."""
    if template(node) is not None:
        yield node
        return
    for child in _children(node):
        yield from _strings(child)


def _is_pair(node: ast.AST) -> bool:
    return isinstance(node, ast.Tuple) and len(node.elts) > 1


def _name(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node's children, without docstrings, keys and annotations."""
    if isinstance(node, ast.Dict):
        yield from node.values
        return
    if isinstance(node, ast.Subscript):
        yield node.value
        return
    if isinstance(node, ast.JoinedStr):
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                yield part.value
        return
    for child in ast.iter_child_nodes(node):
        expression = child.value if isinstance(child, ast.Expr) else None
        if isinstance(child, ast.arguments):
            yield from filter(None, [*child.defaults, *child.kw_defaults])
        elif not isinstance(expression, ast.Constant):
            yield child
