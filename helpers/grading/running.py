"""How cells run in the box: as Jupyter runs them, as far as they can.

What a learner's cell does beside its answer may need what only the notebook has: a
table of the lesson, a folder, a picture. So a cell goes on behind a statement that
fails, unless that statement was to bind an answer.
"""

import __future__

import ast
import contextlib
import inspect
import linecache
from collections.abc import Iterator, Sequence
from typing import Any

Binding = tuple[frozenset[str], frozenset[str], ast.stmt]  # what it sets, what it reads


def run_what_can(source: str, file: str, names: dict[str, Any]) -> None:
    """Run a cell above the answer; a statement that fails leaves the others."""
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        for run, _ in _statements(source, file):
            with contextlib.suppress(Exception, SystemExit):
                run(names)


def run_answer(source: str, names: dict[str, Any], answers: Sequence[str]) -> list[str]:
    """Run an exercise's cell; return the names of the errors that it went on behind.

    Raises the first error where a statement that binds an answer fails, or where an
    answer is still blank at the end.
    """
    failed: list[BaseException] = []
    for run, node in _statements(source, "<cell>"):
        try:
            run(names)
        except (Exception, SystemExit) as error:
            if _set_by(node) & set(answers):
                raise (failed or [error])[0] from None
            failed.append(error)
    if failed and any(names.get(each, ...) is ... for each in answers):
        raise failed[0]
    return [type(error).__name__[:80] for error in failed]


def as_python(source: str) -> str:
    """Return a cell as Jupyter runs it: without prompts, indentation, magics."""
    from IPython.core.inputtransformer2 import TransformerManager

    return TransformerManager().transform_cell(source)


def _statements(source: str, file: str) -> Iterator[tuple[Any, ast.stmt]]:
    """Yield what runs each statement of a cell, magics and `await` at the top, too."""
    text = as_python(source)
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    body = ast.parse(text, file).body
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    for node in body:
        flags |= _future(node)
        made = ast.Module([node], [])
        code = compile(made, file, "exec", flags=flags, dont_inherit=True)
        yield _runner(code), node


def _future(node: ast.stmt) -> int:
    if not isinstance(node, ast.ImportFrom) or node.module != "__future__":
        return 0
    found = [getattr(__future__, each.name, None) for each in node.names]
    return sum(each.compiler_flag for each in found if each)


def _runner(code: Any) -> Any:
    def run(names: dict[str, Any]) -> None:
        made = eval(code, names)
        if inspect.iscoroutine(made):
            import asyncio

            asyncio.run(made)

    return run


# -- what one cell wants of others -----------------------------------------------------


def wanted_of(others: Sequence[str], cells: Sequence[str]) -> list[str]:
    """Return the statements of other exercises' cells that cells can't do without.

    These are imports, and what binds a name that is read: there, or by such a
    statement. A name that a later statement binds again is bound by both.
    """
    found = [binding for source in others for binding in _bindings(source)]
    own = [binding for source in cells for binding in _bindings(source)]
    wanted = {name for _, reads, _ in own for name in reads}
    wanted -= {name for sets, _, _ in own for name in sets}
    kept: set[int] = set()
    while more := [
        place
        for place, (sets, _, node) in enumerate(found)
        if place not in kept
        and (sets & wanted or isinstance(node, ast.Import | ast.ImportFrom))
    ]:
        kept.update(more)
        wanted = wanted.union(*(found[place][1] for place in more))
    return [ast.unparse(found[place][2]) for place in sorted(kept)]


def _bindings(source: str) -> Iterator[Binding]:
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        for node in ast.parse(source).body:
            yield _set_by(node), _read_by(node), node


def _read_by(node: ast.stmt) -> frozenset[str]:
    """Return the names of the notebook that a statement reads, now or when called."""
    parts = list(ast.walk(node))
    names = [each for each in parts if isinstance(each, ast.Name)]
    reads = {each.id for each in names if isinstance(each.ctx, ast.Load)}
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        reads -= {each.arg for each in parts if isinstance(each, ast.arg)}
        reads -= {each.id for each in names if isinstance(each.ctx, ast.Store)}
    return frozenset(reads)


def _set_by(node: ast.stmt) -> frozenset[str]:
    """Return the names that a statement sets in the cell, or sets a part of."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return frozenset((node.name,))
    if isinstance(node, ast.Import | ast.ImportFrom):
        return frozenset((a.asname or a.name).split(".")[0] for a in node.names)
    return frozenset(filter(None, map(_set_name, ast.walk(node))))


def _set_name(node: ast.AST) -> str | None:
    """Return the name that a target binds, or whose part it sets: x, x.a, x[0]."""
    if isinstance(getattr(node, "ctx", None), ast.Store):
        while isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        return node.id if isinstance(node, ast.Name) else None
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name
    return None
