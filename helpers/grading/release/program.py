"""The checks of some lessons as one program: what may go out, and what stays at home.

The program is the lessons' check modules and the modules that these share. From the
checks themselves everything is kept that they reach by name, up to what is *secret*: an
exercise's reference, the functions of its mistakes, and what draws its given values.
Where a check names a secret function, its release has a table of results; a list of
mistakes becomes data. A function that secrets and checks share becomes a table, too, if
it can be one.
"""

import ast
import importlib
import symtable
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from helpers.exercises.declared import Exercise, Mistake, exercises_of, marked

PACKAGE = "helpers.exercises"
# what every check may use, and what solves nothing
RUNTIME = frozenset(
    [
        "answers",
        "cli",
        "declared",
        "draws",
        "engine",
        "judging",
        "outcomes",
        "overview",
        "record",
        "source",
    ]
)
STAYS_HOME = ("reference", "given", "mistakes")  # of an exercise's declaration

Place = tuple[str, str]  # module ("lesson_03") and name


@dataclass
class Part:
    """One module of the program, and what its statements define."""

    name: str
    module: ModuleType
    tree: ast.Module = field(init=False)
    defined: dict[str, ast.stmt] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        path = Path(str(self.module.__file__))
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        for statement in self.tree.body:
            for name in _names_defined(statement):
                self.defined[name] = statement

    def value(self, name: str) -> Any:
        """Return what a name of the module stands for."""
        return getattr(self.module, name, None)

    def is_mistakes(self, name: str) -> bool:
        """Say whether a name stands for a list of mistakes."""
        return are_mistakes(self.value(name))


@dataclass
class Kept:
    """What of a program its checks need: whole statements, and tables by place."""

    statements: dict[str, set[str]] = field(default_factory=dict)
    tables: set[Place] = field(default_factory=set)
    lists: set[Place] = field(default_factory=set)


class Program:
    """The check modules of `lessons` ("03", ...) and what they share.

    `shown` are places that cells of these lessons import for learners to use.
    """

    def __init__(self, lessons: Iterable[str], shown: Iterable[Place] = ()):
        self.exercises: list[Exercise] = []
        self.parts: dict[str, Part] = {}
        for lesson in lessons:
            self.exercises += exercises_of(lesson)
            self._add(f"lesson_{lesson.lower()}")
        self.shown = {each for each in shown if each[0] in self.parts}
        self.code: set[Place] = set()  # shared functions that can't be tables
        self.withheld: dict[str, str] = {}  # exercise -> why its check stays home
        self._methods: set[str] | None = None  # those that kept code names

    def _add(self, name: str) -> None:
        if name in self.parts or name in RUNTIME:
            return
        part = Part(name, importlib.import_module(f"{PACKAGE}.{name}"))
        self.parts[name] = part
        for statement in ast.walk(part.tree):
            if isinstance(statement, ast.ImportFrom) and statement.module:
                package, _, other = statement.module.rpartition(".")
                if package == PACKAGE:
                    self._add(other)

    # -- names -------------------------------------------------------------------------

    def origin(self, place: Place) -> Place:
        """Return where a name comes from, through the imports of the program."""
        statement = self.parts[place[0]].defined.get(place[1])
        if isinstance(statement, ast.ImportFrom) and statement.module:
            package, _, other = statement.module.rpartition(".")
            if package == PACKAGE and other in self.parts:
                names = {a.asname or a.name: a.name for a in statement.names}
                return self.origin((other, names[place[1]]))
        return place

    def places(self, names: Iterable[str], part: str) -> Iterator[Place]:
        """Yield the places of those names that a module of the program defines."""
        for name in names:
            if name in self.parts[part].defined:
                yield self.origin((part, name))

    @cached_property
    def _by_object(self) -> dict[int, Place]:
        return {
            id(part.value(name)): (part.name, name)
            for part in self.parts.values()
            for name, statement in part.defined.items()
            if callable(part.value(name))
            and not isinstance(statement, ast.ImportFrom | ast.Import | ast.ClassDef)
        }

    @cached_property
    def mistakes(self) -> list[Mistake]:
        """All mistakes of the program, each once, in the order they are declared."""
        lists = [
            part.value(name)
            for part in self.parts.values()
            for name in part.defined
            if part.is_mistakes(name)
        ]
        lists += [each.mistakes for each in self.exercises]
        found = {id(each): each for several in lists for each in several}
        return list(found.values())

    @cached_property
    def secrets(self) -> set[Place]:
        """The named functions that answer, answer wrongly or draw what is given."""
        found: list[Any] = [each.function for each in self.mistakes]
        found += [each.reference for each in self.exercises]
        found += [each.given for each in self.exercises]
        found += [*marked, *(bare_function(each) for each in found)]
        return {self._by_object[id(one)] for one in found if id(one) in self._by_object}

    # -- reach -------------------------------------------------------------------------

    @cached_property
    def behind_secrets(self) -> set[Place]:
        """All that secrets reach by name."""
        todo = list(self.secrets)
        for part in self.parts.values():
            for name, statement in part.defined.items():
                if part.is_mistakes(name):
                    todo += self.places(names_in(statement), part.name)
                for call in declarations(statement):
                    for keyword in call.keywords:
                        if keyword.arg in STAYS_HOME:
                            found = names_in(ast.Expr(keyword.value))
                            todo += self.places(found, part.name)
        seen: set[Place] = set()
        while todo:
            place = todo.pop()
            if place not in seen:
                seen.add(place)
                statement = self.parts[place[0]].defined[place[1]]
                todo += self.places(names_in(statement), place[0])
        return seen

    def _is_table(self, place: Place) -> bool:
        if place in self.code:
            return False
        if place in self.secrets:
            return True
        statement = self.parts[place[0]].defined[place[1]]
        if not isinstance(statement, ast.FunctionDef):
            return False
        if any(declarations(statement)):
            return False
        draws = any(each.arg == "random" for each in statement.args.args)
        return draws or place in self.behind_secrets

    def kept(self) -> Kept:
        """Return what the checks reach; of classes, the methods that they name."""
        self._methods = None
        for _ in range(2):  # what unused methods reach goes with them
            kept = self._reached()
            self._methods = self._methods_named(kept)
        return kept

    def _methods_named(self, kept: Kept) -> set[str]:
        """Return the attributes that kept code names, and what those methods name."""
        places = [(part, n) for part, names in kept.statements.items() for n in names]
        statements = [self.statement(place) for place in places]
        classes = [each for each in statements if isinstance(each, ast.ClassDef)]
        others = [each for each in statements if not isinstance(each, ast.ClassDef)]
        named = set().union(*(attributes_in(each) for each in others))
        while True:
            used = [m for c in classes for m in methods_of(c) if _is_used(c, m, named)]
            more = named.union(*(attributes_in(each) for each in used))
            if more == named:
                return named
            named = more

    def _reached(self) -> Kept:
        kept = Kept({name: set() for name in self.parts})
        todo = [
            (part.name, name)
            for part in self.parts.values()
            for name, statement in part.defined.items()
            if declarations(statement)
        ]
        todo += sorted(self.shown)
        while todo:
            todo += self._visited(todo.pop(), kept)
        return kept

    def _visited(self, place: Place, kept: Kept) -> Iterator[Place]:
        part, name = self.parts[place[0]], place[1]
        if part.is_mistakes(name):
            kept.lists.add(place)
        elif self._is_table(place):
            kept.tables.add(place)
        elif name not in kept.statements[part.name]:
            kept.statements[part.name].add(name)
            yield from self.places(names_in(self.statement(place)), part.name)

    def statement(self, place: Place) -> ast.stmt:
        """Return a statement as it may go out; a check that is withheld says so."""
        statement = bare_statement(self.parts[place[0]].defined[place[1]])
        for call in declarations(statement):
            if number_of(call) in self.withheld:
                told = f"Your teacher has the check of exercise {number_of(call)}."
                says = ast.parse(f"raise CannotCheck({told!r})").body
                statement.body = [*statement.body[:1], *says]  # type: ignore[attr-defined]
        if isinstance(statement, ast.ClassDef) and self._methods is not None:
            unused = [
                each
                for each in methods_of(statement)
                if not _is_used(statement, each, self._methods)
            ]
            statement.body = [e for e in statement.body if e not in unused]
        return statement

    def exercises_at(self, place: Place) -> set[str]:
        """Return the exercises whose checks reach a place, tables included."""
        return {
            number_of(call)
            for part in self.parts.values()
            for name, statement in part.defined.items()
            for call in declarations(statement)
            if place in self._reached_from((part.name, name))
        }

    def _reached_from(self, place: Place) -> set[Place]:
        kept = Kept({name: set() for name in self.parts})
        todo = [place]
        while todo:
            todo += self._visited(todo.pop(), kept)
        return kept.tables | kept.lists


# -- statements ------------------------------------------------------------------------


def are_mistakes(value: Any) -> bool:
    """Say whether a value is a list or a tuple of mistakes."""
    several = isinstance(value, list | tuple) and len(value) > 0
    return several and all(isinstance(each, Mistake) for each in value)


def bare_function(found: Any) -> Any:
    """Return the function inside partials and wrappers."""
    while True:
        if isinstance(found, partial):
            found = found.func
        elif not isinstance(found, FunctionType) and hasattr(found, "__wrapped__"):
            return found
        else:
            return found


def _names_defined(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [each.asname or each.name.split(".")[0] for each in statement.names]
    if isinstance(statement, ast.AnnAssign | ast.AugAssign):
        return [ast.unparse(statement.target)]
    if isinstance(statement, ast.Assign):
        walked = (each for target in statement.targets for each in ast.walk(target))
        return [each.id for each in walked if isinstance(each, ast.Name)]
    return []


def declarations(statement: ast.stmt) -> list[ast.Call]:
    """Return the `@exercise(...)` of a check."""
    return [
        each
        for each in getattr(statement, "decorator_list", [])
        if isinstance(each, ast.Call) and ast.unparse(each.func) == "exercise"
    ]


def number_of(declaration: ast.Call) -> str:
    """Return the exercise's number in its declaration."""
    return str(ast.literal_eval(declaration.args[0]))


def bare_statement(statement: ast.stmt) -> ast.stmt:
    """Return a statement without annotations of functions, and without declarations'
    references, mistakes and draws.
    """
    copied = ast.parse(ast.unparse(statement)).body[0]
    for node in ast.walk(copied):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            _drop_docstring(node)
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            for each in ast.walk(node.args):
                if isinstance(each, ast.arg):
                    each.annotation = None
        if isinstance(node, ast.AnnAssign) and not isinstance(copied, ast.ClassDef):
            node.annotation = ast.Name("object", ast.Load())
    for call in declarations(copied):
        call.keywords = [each for each in call.keywords if each.arg not in STAYS_HOME]
    return copied


def methods_of(statement: ast.ClassDef) -> list[ast.FunctionDef]:
    """Return the methods of a class."""
    return [each for each in statement.body if isinstance(each, ast.FunctionDef)]


def attributes_in(statement: ast.AST) -> set[str]:
    """Return the attributes that a statement names."""
    return {
        each.attr for each in ast.walk(statement) if isinstance(each, ast.Attribute)
    }


def _is_used(of: ast.ClassDef, method: ast.FunctionDef, named: set[str]) -> bool:
    """Say whether a method may be called: by name, by Python, or by a base class."""
    inherits = any(ast.unparse(base) != "NamedTuple" for base in of.bases)
    return inherits or method.name.startswith("__") or method.name in named


def _drop_docstring(node: ast.FunctionDef | ast.ClassDef) -> None:
    """Drop what teachers read; what a check says of itself stays."""
    if not declarations(node) and ast.get_docstring(node) is not None:
        node.body = node.body[1:] or [ast.Pass()]


def names_in(statement: ast.AST) -> set[str]:
    """Return the names of its module that a statement uses."""
    table = symtable.symtable(ast.unparse(statement), "check", "exec")
    return set(_global_names(table))


def _global_names(table: symtable.SymbolTable) -> Iterator[str]:
    for symbol in table.get_symbols():
        top = table.get_type() == "module"
        if symbol.is_referenced() and (top or symbol.is_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _global_names(child)
