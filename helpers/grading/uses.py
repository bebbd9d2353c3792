"""Which functions of a library an answer uses, for exercises that ask for one's own.

`may_not_call` of an exercise lists what an answer may not consist of. `names_used`
tells it from the text: names are followed through imports and simple assignments
(`import helpers.windows as w`, `f = w.forecast_windows`). `guard` refuses calls that no
text shows.
"""

import ast
import functools
import importlib
import sys
import types
from collections.abc import Iterable, Sequence
from typing import Any

_BY_TEXT = {"getattr", "vars", "globals", "eval", "exec", "import_module", "__import__"}


def names_used(imports: Sequence[str], cells: Sequence[str]) -> list[str]:
    """Return every name that the cells' code uses, dotted as imports tell it.

    `imports` are statements above the cells: they say what a name means, and are no use
    of it. Where a cell looks something up by its name as a text, texts count, too.
    """
    trees = _parsed(cells)
    known, open_modules = _imported([*_parsed(imports), *trees])
    _follow_assignments(trees, known)
    for name in _defined(trees):
        known[name] = name
    used = {name for tree in trees for name in _dotted_names(tree, known)}
    if used & _BY_TEXT or any(name.rpartition(".")[2] in _BY_TEXT for name in used):
        used |= {f"?.{text}" for tree in trees for text in _words(tree)}
    plain = [name for name in used if "." not in name and name not in known]
    used |= {f"{module}.{name}" for module in open_modules for name in plain}
    return sorted(used)


def forbidden_use(used: Iterable[str], forbidden: Sequence[str]) -> str | None:
    """Return the first of `forbidden` that is among the names used, or None.

    A dotted one is found by its last part wherever it is imported from
    (`keras.layers.LSTM`, `tensorflow.keras.layers.LSTM`); a function of one's own that
    has its name is no use of it.
    """
    names = [name.split(".") for name in used]
    for each in forbidden:
        dotted, tail = "." in each, each.rpartition(".")[2]
        if any(
            tail in parts[1:] or (parts[0] == tail and not dotted) for parts in names
        ):
            return each
    return None


def _parsed(cells: Sequence[str]) -> list[ast.AST]:
    trees: list[ast.AST] = []
    for source in cells:
        try:
            trees.append(ast.parse(source))
        except (SyntaxError, ValueError):  # it doesn't run either
            continue
    return trees


def _imported(trees: Sequence[ast.AST]) -> tuple[dict[str, str], list[str]]:
    """Return what names stand for, and the modules of which all names are imported."""
    known: dict[str, str] = {}
    everything: list[str] = []
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Import):
            for each in node.names:
                root = each.name.split(".")[0]
                known[each.asname or root] = each.name if each.asname else root
        elif isinstance(node, ast.ImportFrom):
            for each in node.names:
                if each.name == "*":
                    everything.append(str(node.module))
                else:
                    known[each.asname or each.name] = f"{node.module}.{each.name}"
    return known, everything


def _follow_assignments(trees: Sequence[ast.AST], known: dict[str, str]) -> None:
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, name = node.targets[0], _dotted(node.value, known)
            if isinstance(target, ast.Name) and name and "." in name:
                known[target.id] = name


def _defined(trees: Sequence[ast.AST]) -> set[str]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return {
        node.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, kinds)
    }


def _dotted_names(tree: ast.AST, known: dict[str, str]) -> set[str]:
    loads = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load)
    )
    return {name for name in (_dotted(node, known) for node in loads) if name}


def _dotted(node: ast.AST, known: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return known.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value, known)
        return f"{inner}.{node.attr}" if inner else f"?.{node.attr}"
    return None


def _words(tree: ast.AST) -> set[str]:
    return {
        part
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and len(node.value) < 200
        for part in node.value.replace(".", " ").split()
        if part.isidentifier()
    }


# -- in the box ------------------------------------------------------------------------


def guard(forbidden: Sequence[str], names: dict[str, Any]) -> None:
    """Make each forbidden function refuse to be called by code that is no library's.

    `names` is the namespace of the answer. Classes and names without a module are left
    to `names_used`.
    """
    for each in forbidden:
        module, _, own = each.rpartition(".")
        with_module = sys.modules.get(module) if module else None
        if module and with_module is None:
            try:
                with_module = importlib.import_module(module)
            except ImportError:
                continue
        original = getattr(with_module, own, None)
        if not isinstance(original, types.FunctionType):
            continue
        refusing = _refusing(original, each)
        setattr(with_module, own, refusing)
        for name, value in list(names.items()):
            if value is original:
                names[name] = refusing


def _refusing(original: types.FunctionType, told: str) -> Any:
    @functools.wraps(original)
    def refusing(*arguments: Any, **named: Any) -> Any:
        file = sys._getframe(1).f_code.co_filename
        if not file.startswith(("/kit/", sys.prefix, sys.base_prefix)):
            raise RuntimeError(f"this exercise asks for your own {told}")
        return original(*arguments, **named)

    del refusing.__wrapped__
    return refusing
