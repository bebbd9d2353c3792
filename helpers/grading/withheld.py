"""Code that an exercise asks a learner to write, kept out of the answer's reach.

`may_not_call` of an exercise names functions and classes that an answer may not
consist of. Of those that are the kit's a box's copy of the kit holds no more than the
signature: there is no source, no bytecode and no other interpreter to get them from.
The process that forks for every task is told the true text, since other exercises of
the lesson may use them, and `take_away` makes a task forget what its exercise forbids
before anything of the learner's runs. A library's own stay on disk; they are made
useless in the task, their files can't be opened, and copies of their code don't run.
"""

import ast
import builtins
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import os
import pkgutil
import sys
import types
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

_LIST = "withheld"  # in the kit of a box: names of modules, one a line
_LEAST_CODE = 60  # bytes: shorter functions may be alike by chance
_LONGEST_TEXT = 200  # characters that code may run of a text that is no cell's
_LEFT = "from helpers.grading.withheld import OwnCodeWanted; raise OwnCodeWanted"
_OF_LIBRARIES = (
    *(str(Path(__file__).parents[1]) + "/", sys.prefix, sys.base_prefix, "<frozen"),
)


class OwnCodeWanted(RuntimeError):
    """Raised in place of what the exercise asks the learner to write."""

    def __init__(self) -> None:
        super().__init__("this exercise asks for your own code")


# -- outside ---------------------------------------------------------------------------


def withhold(kit: Path, lessons: Collection[str] | None = None) -> None:
    """Take out of a copy of the kit what exercises ask learners to write.

    `kit` holds `helpers`; `lessons` are those whose answers a box will run, None all.
    Only the signature stays; lines keep their numbers. Raises
    `ValueError` for a name that an exercise forbids and that isn't there.
    """
    by_file: dict[Path, list[list[str]]] = {}
    for name in _forbidden_of_kit(lessons):
        path, inner = _place_of(kit, name)
        by_file.setdefault(path, []).append(inner)
    for path, named in by_file.items():
        path.write_text(_stripped(path.read_text(encoding="utf-8"), named), "utf-8")
    names = sorted(_module_of(path.relative_to(kit)) for path in by_file)
    (kit / _LIST).write_text("\n".join(names))


def texts_withheld(kit: Path | None) -> dict[str, str]:
    """Return the true text of each module of a kit of which something was taken."""
    if kit is None or not (kit / _LIST).exists():
        return {}
    root = Path(__file__).resolve().parents[2]
    return {
        name: (root / path.relative_to(kit)).read_text(encoding="utf-8")
        for name in (kit / _LIST).read_text().split()
        for path in [_place_of(kit, name)[0]]
    }


def _forbidden_of_kit(lessons: Collection[str] | None) -> list[str]:
    from helpers import exercises
    from helpers.exercises.declared import exercises_of

    if lessons is None:
        modules = [each.name for each in pkgutil.iter_modules(exercises.__path__)]
        lessons = [name[7:] for name in modules if name.startswith("lesson_")]
    found = {
        name
        for lesson in lessons
        for exercise in exercises_of(lesson)
        for name in exercise.may_not_call
    }
    return sorted(name for name in found if name.startswith("helpers."))


def _place_of(kit: Path, name: str) -> tuple[Path, list[str]]:
    """Return the file that a dotted name lies in, and the names inside it."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        place = kit.joinpath(*parts[:end])
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if path.is_file():
                return path, parts[end:]
    raise ValueError(f"there is no {name} in the kit")


def _module_of(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _stripped(text: str, names: Sequence[Sequence[str]]) -> str:
    """Return a module's text without the bodies of what is named."""
    tree, lines = ast.parse(text), text.splitlines()
    for inner in names:
        node = _found(tree, inner)
        first = node.body[ast.get_docstring(node) is not None :][:1]
        start = first[0].lineno if first else int(node.end_lineno or 0) + 1
        if isinstance(first[0] if first else None, _DEFINED):
            start = min([start, *(each.lineno for each in first[0].decorator_list)])
        end = int(node.end_lineno or start)
        indent = " " * (node.col_offset + 4)
        if isinstance(node, ast.ClassDef):
            left = f"{indent}def __init__(self, *more, **named): {_LEFT}"
        else:
            left = indent + _LEFT
        lines[start - 1 : end] = [left, *[""] * (end - start)]
    return "\n".join(lines) + "\n"


_DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _found(tree: ast.Module, inner: Sequence[str]) -> Any:
    node: Any = tree
    for name in inner:
        inside = [each for each in node.body if isinstance(each, _DEFINED)]
        node = next((each for each in inside if each.name == name), None)
        if node is None:
            raise ValueError(f"{'.'.join(inner)} is not where an exercise says")
    return node


# -- in the box ------------------------------------------------------------------------

_texts: dict[str, str] = {}


class _Finder(importlib.abc.MetaPathFinder):
    """Finds modules of which the kit in the box holds a part only."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        if fullname not in _texts:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is not None and spec.origin:
            spec.loader = _Loader(fullname, spec.origin)
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname: str) -> Any:
        text = _texts.get(fullname)
        if text is None:
            return super().get_code(fullname)
        return compile(text, self.path, "exec", dont_inherit=True)


def serve(texts: dict[str, str]) -> None:
    """Let modules be imported from their true text, until a task takes it away."""
    _texts.update(texts)
    sys.meta_path.insert(0, _Finder())


def take_away(
    forbidden: Sequence[str], names: dict[str, Any], cells: Sequence[str]
) -> bool:
    """Make what an exercise forbids useless, in this process and for good.

    `names` is the namespace of the answer, `cells` the learner's code. Whoever calls
    such a thing raises `OwnCodeWanted`, but a library that calls another's function by
    its name. Returns whether some of it lies on disk still, where another interpreter
    could find it.
    """
    alike: set[bytes] = set()
    files: set[str] = set()
    closed: list[Any] = []
    for name in forbidden:
        parts = name.split(".")
        if parts[0] == "helpers":
            for end in range(len(parts)):
                _texts.pop(".".join(parts[:end]), None)
        holder, found = _reached(parts)
        if found is None:
            continue
        alike |= {each.co_code for each in _codes_of(found)}
        if parts[0] != "helpers":
            files |= {*_files_of(found)}
        plain = isinstance(found, types.FunctionType) and not found.__closure__
        if parts[0] != "helpers" and plain:
            closed += _of_one_code(found)
        else:
            _spoil(found, holder, parts[-1], names)
    apart = _copy_apart()
    for each in closed:
        _leave_to_libraries(each, apart)
    sys.addaudithook(apart["_Refusing"](alike, files, closed, cells).look)
    return bool(files)


def _copy_apart() -> dict[str, Any]:
    """Return the names of a copy of this module that no answer can change.

    It is among no modules, and has its own builtins: who patches what is imported
    patches something else.
    """
    found: Any = __spec__
    made = importlib.util.module_from_spec(found)
    vars(made)["__builtins__"] = dict(vars(builtins))
    found.loader.exec_module(made)
    return vars(made)


def _reached(parts: Sequence[str]) -> tuple[Any, Any]:
    """Return what holds a thing, and the thing; a module of the kit isn't imported."""
    for end in range(len(parts) - 1, 0, -1):
        module = sys.modules.get(".".join(parts[:end]))
        if module is None and parts[0] != "helpers":
            try:
                module = importlib.import_module(".".join(parts[:end]))
            except ImportError:
                continue
        holder: Any = module
        for part in parts[end:-1]:
            holder = getattr(holder, part, None)
        if holder is not None:
            return holder, inspect.getattr_static(holder, parts[-1], None)
    return None, None


def _codes_of(value: Any) -> Iterator[types.CodeType]:
    """Yield the code of a function, or of a class's methods, that is long enough."""
    parts = vars(value).values() if isinstance(value, type) else [value]
    for each in parts:
        function = getattr(each, "__func__", each)
        if isinstance(function, types.FunctionType):
            yield from _long_ones(function.__code__)


def _long_ones(code: types.CodeType) -> Iterator[types.CodeType]:
    if len(code.co_code) >= _LEAST_CODE:
        yield code
    for each in code.co_consts:
        if isinstance(each, _CODE):
            yield from _long_ones(each)


def _files_of(value: Any) -> Iterator[str]:
    """Yield the files that a library's thing is read from: its text, its bytecode."""
    module = sys.modules.get(getattr(value, "__module__", ""))
    for name in ("__file__", "__cached__"):
        path = getattr(module, name, None)
        if path:
            yield path


def _spoil(found: Any, holder: Any, name: str, names: dict[str, Any]) -> None:
    function = getattr(found, "__func__", found)
    if isinstance(found, type):
        for each, part in list(vars(found).items()):
            if isinstance(part, types.FunctionType):
                setattr(found, each, _refuse_of_objects)
    elif isinstance(function, types.FunctionType) and not function.__closure__:
        function.__code__ = _refuse.__code__
        function.__defaults__ = function.__kwdefaults__ = None
    else:
        setattr(holder, name, _refuse)
        for each, value in list(names.items()):
            if value is found:
                names[each] = _refuse


def _of_one_code(function: types.FunctionType) -> list[types.FunctionType]:
    """Return the functions of a module that run a function's code, by any name."""
    parts = [function, *function.__globals__.values()]
    functions = [each for each in parts if isinstance(each, types.FunctionType)]
    alike = [each for each in functions if each.__code__ is function.__code__]
    return list({id(each): each for each in alike}.values())


def _leave_to_libraries(function: types.FunctionType, apart: dict[str, Any]) -> None:
    """Let a function work only where a library's code calls it by its name."""
    code, defaults = function.__code__, function.__defaults__
    made = types.FunctionType(code, function.__globals__, code.co_name, defaults)
    made.__kwdefaults__ = function.__kwdefaults__
    function.__code__, function.__defaults__ = _if_a_library_asks.__code__, None
    function.__kwdefaults__ = {
        "_original": made,
        "_may": apart["is_library_that_names"],
        "_refused": apart["OwnCodeWanted"],
    }


def _if_a_library_asks(
    *arguments: Any, _original: Any = None, _may: Any, _refused: Any, **named: Any
) -> Any:
    if _may(_original):
        return _original(*arguments, **named)
    raise _refused


def is_library_that_names(function: Any) -> bool:
    """Say whether who called who asks is a library's module that names a function.

    A library that calls whatever it is handed (`np.vectorize`) doesn't know its name.
    """
    caller = _getframe(2)
    if not caller.f_code.co_filename.startswith(_OF_LIBRARIES):
        return False
    parts = [*caller.f_globals.values()]
    functions = [each for each in parts if isinstance(each, types.FunctionType)]
    return any(function.__name__ in _names_in(each) for each in functions)


def _names_in(function: types.FunctionType) -> tuple[str, ...]:
    """Return the names that a function's code uses, whatever decorates it."""
    try:
        found: Any = inspect.unwrap(function)
        return found.__code__.co_names
    except OwnCodeWanted:  # nobody looks into that one
        return ()


def _refuse(*arguments: object, **named: object) -> Any:
    from helpers.grading.withheld import OwnCodeWanted

    raise OwnCodeWanted


def _refuse_of_objects(self: object, *arguments: object, **named: object) -> Any:
    """Refuse as a method, for libraries that ask how a class's are called."""
    raise OwnCodeWanted


class _Refusing:
    """Refuses to run copies of what is forbidden, and texts that no cell holds.

    `look` is an audit hook, and calls nothing that an answer could change. A library
    may make code as it likes (of a named tuple, a data class), as long as it is no
    copy.
    """

    def __init__(
        self,
        alike: Collection[bytes],
        files: Collection[str],
        closed: Sequence[Any],
        cells: Sequence[str],
    ):
        self._alike, self._closed = frozenset(alike), tuple(closed)
        self._held = tuple(_texts_in(cells))
        self._files = {(each.st_dev, each.st_ino) for each in map(os.stat, files)}
        self._names = {os.path.basename(each) for each in files}

    def look(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Raise where an event of the interpreter is one that is refused."""
        if event == "object.__getattr__" and self._is_closed(arguments[0]):
            raise OwnCodeWanted
        if event not in _LOOKED_AT:  # to ask for the caller is an event, too
            return
        caller = _getframe(1).f_code
        own = not caller.co_filename.startswith(_OF_LIBRARIES)
        if event == "open" and self._files and self._is_forbidden(arguments[0]):
            raise PermissionError("this exercise asks for your own code")
        if event == "compile" and own:
            self._require_own(*arguments[:2])
        elif event in ("exec", "function.__new__"):
            ours = caller.co_filename == _RUNNING and caller.co_name == "run"
            if not ours and isinstance(arguments[0], _CODE):
                self._require_no_copy(arguments[0])
        elif event == "code.__new__":
            of_library = own and str(arguments[1]).startswith(_OF_LIBRARIES)
            if of_library or any(
                each in self._alike for each in arguments if type(each) is bytes
            ):
                raise OwnCodeWanted
        elif event == "object.__setattr__" and arguments[1] == "__code__":
            self._require_no_copy(arguments[2])
        elif event in _SEARCHES and own:
            raise OwnCodeWanted

    def _is_forbidden(self, path: Any) -> bool:
        if isinstance(path, bytes):
            path = path.decode("utf-8", "surrogateescape")
        if not isinstance(path, str):
            return False
        if path.rpartition("/")[2] in self._names:
            return True
        try:
            found = _stat(path)
        except (OSError, ValueError):
            return False
        return (found.st_dev, found.st_ino) in self._files

    def _is_closed(self, value: Any) -> bool:
        """Say whether a function is one that nobody may look into."""
        return any(value is each for each in self._closed)

    def _require_no_copy(self, code: Any) -> None:
        if any(each.co_code in self._alike for each in _long_ones(code)):
            raise OwnCodeWanted

    def _require_own(self, source: Any, file: Any) -> None:
        """Raise for a long text that a learner's code runs, and no cell holds."""
        if str(file).startswith(_OF_LIBRARIES) or isinstance(source, _TREE):
            raise OwnCodeWanted
        if isinstance(source, bytes | bytearray | memoryview):
            source = bytes(source).decode(errors="replace")
        if not isinstance(source, str) or len(source) <= _LONGEST_TEXT:
            return
        if not any(source.strip() in each for each in self._held):
            raise OwnCodeWanted


def _texts_in(cells: Sequence[str]) -> Iterator[str]:
    """Yield cells, and what texts they hold."""
    for cell in cells:
        yield cell
        try:
            parts = list(ast.walk(ast.parse(cell)))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for each in parts:
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                yield each.value


_SEARCHES = {"gc.get_objects", "gc.get_referents", "gc.get_referrers"}
_LOOKED_AT = _SEARCHES | {
    *("open", "compile", "exec", "function.__new__", "code.__new__"),
    "object.__setattr__",
}
_getframe, _stat, _CODE, _TREE = sys._getframe, os.stat, types.CodeType, ast.AST
_RUNNING = str(Path(__file__).with_name("running.py"))
