"""Turn a solution into the blank that a learner fills in.

At module level, each name that the solution assigns and the check reads becomes
`name = ...  # YOUR CODE HERE`; inside a function the block becomes
`...  # YOUR CODE HERE`, so that the function returns None. Either is a blank answer to
`check`. The markers are nbgrader's.
"""

import ast
import re
import textwrap
from dataclasses import dataclass

from helpers.exercises.source import BEGIN, END

YOUR_CODE = "# YOUR CODE HERE"
_LOOKALIKE = re.compile(r"#\s*(begin|end)[\W_]*solution", re.IGNORECASE)
_ALMOST = f"almost a marker: write exactly {BEGIN} or {END}"
_MISPLACED = {
    BEGIN: f"{BEGIN} inside a solution that is still open",
    END: f"{END} without a {BEGIN} before it",
}
# Names bound inside these are not bound at module level.
_SCOPES = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


@dataclass(frozen=True)
class Block:
    """A solution block: the indices of its marker lines in the cell."""

    begin: int
    end: int


def solution_blocks(source: str) -> tuple[list[Block], list[tuple[int, str]]]:
    """Return a cell's solution blocks, and what is wrong as (line index, message)."""
    blocks: list[Block] = []
    faults: list[tuple[int, str]] = []
    opened: int | None = None
    for index, line in enumerate(source.split("\n")):
        marker = line.strip()
        if marker not in _MISPLACED:
            if _LOOKALIKE.search(line):
                faults.append((index, _ALMOST))
        elif marker == BEGIN and opened is None:
            opened = index
        elif marker == END and opened is not None:
            blocks.append(Block(opened, index))
            opened = None
        else:
            faults.append((index, _MISPLACED[marker]))
    if opened is not None:
        faults.append((opened, f"{BEGIN} without an {END} in the same cell"))
    return blocks, faults


def blank(source: str, check_source: str) -> str:
    """Return an exercise cell's source with its solution blocks left for the learner.

    `source` and `check_source` (the cell that checks the exercise) are valid Python.
    """
    lines = source.split("\n")
    functions = _function_spans(source)
    wanted = names_read(check_source)
    kept: list[str] = []
    position = 0
    for block in solution_blocks(source)[0]:
        inside = any(first <= block.begin < last for first, last in functions)
        solution = "\n".join(lines[block.begin + 1 : block.end])
        assigned = [] if inside else names_assigned(textwrap.dedent(solution))
        names = [name for name in assigned if name in wanted]
        wanted -= set(names)
        indent = lines[block.begin].split("#", 1)[0]
        kept += lines[position : block.begin]
        kept += [indent + line for line in _blank_lines(names, statement=bool(indent))]
        position = block.end + 1
    return "\n".join(kept + lines[position:])


def _blank_lines(names: list[str], *, statement: bool) -> list[str]:
    if names:
        return [f"{name} = ...  {YOUR_CODE}" for name in names]
    return [f"...  {YOUR_CODE}" if statement else YOUR_CODE]


def _function_spans(source: str) -> list[tuple[int, int]]:
    """Return the (first, last) line numbers, from 1, of every function."""
    return [
        (node.lineno, node.end_lineno or node.lineno)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def names_read(source: str) -> set[str]:
    """Return every name that the code reads."""
    return {
        node.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def names_assigned(source: str) -> list[str]:
    """Return the names that the code binds at module level, in order, each once."""
    names: dict[str, None] = {}
    pending: list[ast.AST] = [ast.parse(source)]
    while pending:
        node = pending.pop(0)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names[node.name] = None
        elif isinstance(node, ast.alias):
            names[(node.asname or node.name).split(".")[0]] = None
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names[node.id] = None
        if not isinstance(node, _SCOPES):
            pending += ast.iter_child_nodes(node)
    return list(names)
