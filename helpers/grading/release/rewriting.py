"""Write the modules of released checks: kept code, tables and mistakes as data."""

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from helpers.grading.release.program import (
    PACKAGE,
    Kept,
    Part,
    Place,
    Program,
    names_in,
)
from helpers.grading.release.recording import Recorder

_HEADER = "from helpers.grading.recorded import Recorded"
_RECORDED = "_recorded = Recorded.beside(__file__, globals())"
_CANNOT_CHECK = "from helpers.exercises.outcomes import CannotCheck"


@dataclass(frozen=True)
class Released:
    """A released module: its code, and the data that stand beside it."""

    code: str
    data: str


def released_modules(
    program: Program, kept: Kept, recorder: Recorder
) -> dict[str, Released]:
    """Return the released modules of a program by name."""
    names = {place: f"table_{i}" for i, place in enumerate(sorted(kept.tables))}
    found = {}
    for part in program.parts.values():
        if kept.statements[part.name] or _owned(part, kept):
            writer = _Writer(program, part, kept, names)
            data = _data(writer, program, recorder)
            found[part.name] = Released(writer.code(), data)
    return found


def _owned(part: Part, kept: Kept) -> list[Place]:
    return [place for place in kept.tables | kept.lists if place[0] == part.name]


def _data(writer: "_Writer", program: Program, recorder: Recorder) -> str:
    tables = {
        writer.names[place]: recorder.functions[place].entries
        for place in writer.tables
    }
    mistakes: list[dict[str, str]] = []
    for number in writer.mistakes:
        mistake, noted = program.mistakes[number], recorder.mistakes[number]
        name = f"mistake_{len(mistakes)}"
        entries = {} if noted.problem else noted.entries
        tables[name] = entries
        mistakes.append(
            {"diagnosis": mistake.diagnosis, "says": mistake.says, "table": name}
        )
    data = {"tables": tables, "mistakes": mistakes}
    return json.dumps(data, ensure_ascii=False, sort_keys=True, indent=0) + "\n"


class _Writer:
    def __init__(
        self, program: Program, part: Part, kept: Kept, names: dict[Place, str]
    ):
        self.program, self.part, self.kept, self.names = program, part, kept, names
        owned = set(_owned(part, kept))
        self.tables = sorted(owned & kept.tables)
        self.lists = [
            (part.name, name) for name in part.defined if (part.name, name) in owned
        ]
        self.lists = [each for each in self.lists if each in kept.lists]
        places = {id(each): i for i, each in enumerate(program.mistakes)}
        used = [places[id(e)] for _, name in self.lists for e in part.value(name)]
        self.mistakes = list(dict.fromkeys(used))  # numbers in the program

    def code(self) -> str:
        """Return the module's text."""
        lines = [ast.unparse(ast.Expr(ast.Constant(ast.get_docstring(self.part.tree))))]
        lines += [*self._imports(), _CANNOT_CHECK, _HEADER, _RECORDED]
        for place in self.tables:
            name = self.names[place]
            lines.append(f"{name} = _recorded.table({name!r})")
            if place in self.program.shown:
                lines.append(f"{place[1]} = {name}")
        lines += self._statements()
        return "\n".join(lines) + "\n"

    def _own_places(self) -> dict[str, Place]:
        return {
            name: self.program.origin((self.part.name, name))
            for name in self.part.defined
        }

    def _imports(self) -> Iterator[str]:
        kept = self.kept.statements[self.part.name]
        for name in sorted(kept):
            statement = self.part.defined[name]
            if isinstance(statement, ast.Import | ast.ImportFrom):
                yield _import_of(statement, name)
        statements = [self.program.statement((self.part.name, n)) for n in sorted(kept)]
        used = set().union(*(names_in(each) for each in statements))
        for name, (part, there) in self._own_places().items():
            if part != self.part.name and name in used:
                table = self.names.get((part, there))
                told = table or (there if there == name else f"{there} as {name}")
                yield f"from {PACKAGE}.{part} import {told}"

    def _statements(self) -> Iterator[str]:
        kept, lists = self.kept.statements[self.part.name], {n for _, n in self.lists}
        renamed = {
            name: self.names[place]
            for name, place in self._own_places().items()
            if place in self.names
        }
        done: set[int] = set()
        for name, statement in self.part.defined.items():
            if name in lists:
                yield f"{name} = _recorded.mistakes({self._numbers(name)})"
            elif name in kept and id(statement) not in done:
                done.add(id(statement))
                if not isinstance(statement, ast.Import | ast.ImportFrom):
                    found = self.program.statement((self.part.name, name))
                    yield ast.unparse(_Renaming(renamed).visit(found))

    def _numbers(self, name: str) -> str:
        places = {number: i for i, number in enumerate(self.mistakes)}
        all_mistakes = [id(each) for each in self.program.mistakes]
        numbers = (all_mistakes.index(id(each)) for each in self.part.value(name))
        return ", ".join(str(places[number]) for number in numbers)


def _import_of(statement: ast.Import | ast.ImportFrom, name: str) -> str:
    alias = next(
        each
        for each in statement.names
        if (each.asname or each.name.split(".")[0]) == name
    )
    if isinstance(statement, ast.Import):
        return ast.unparse(ast.Import([alias]))
    return ast.unparse(ast.ImportFrom(statement.module, [alias], 0))


class _Renaming(ast.NodeTransformer):
    """Rename names of the module where no function binds them for itself."""

    def __init__(self, names: dict[str, str]):
        self.names, self.hidden = names, [set[str]()]

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """Rename a name of the module."""
        if node.id in self.names and not any(node.id in each for each in self.hidden):
            node.id = self.names[node.id]
        return node

    def _inside(self, node: Any) -> Any:
        self.hidden.append(_bound(node))
        self.generic_visit(node)
        self.hidden.pop()
        return node

    visit_FunctionDef = visit_Lambda = _inside
    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _inside


def _bound(node: ast.AST) -> set[str]:
    """Return the names that a function or a comprehension binds."""
    found = {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            found.add(each.id)
    return found
