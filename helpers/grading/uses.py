"""Which functions of a library an answer uses, for exercises that ask for one's own.

`may_not_call` of an exercise lists what an answer may not consist of. `names_used`
tells it from the text: names are followed through imports and simple assignments
(`import helpers.windows as w`, `f = w.forecast_windows`). What no text shows is
refused by `withheld`.
"""

import ast
from collections.abc import Iterable, Sequence
from typing import TypeGuard

_BY_TEXT = {"getattr", "vars", "globals", "eval", "exec", "import_module", "__import__"}


def names_used(
    imports: Sequence[str], cells: Sequence[str], answers: Sequence[str] = ()
) -> list[str]:
    """Return every name that the cells' code uses, dotted as imports tell it.

    `imports` are statements above the cells: they say what a name means, and are no use
    of it. Where a cell looks something up by its name as a text, the names of classes
    in texts count, too. No use are functions of objects, whatever their name, and
    statements that `answers` don't depend on, as trials beside a library's own.
    """
    trees = _parsed(cells)
    if answers:
        trees = _depended_on(trees, set(answers))
    known, open_modules = _imported([*_parsed(imports), *trees])
    imported = set(known.values())
    _follow_assignments(trees, known)
    for name in _defined(trees):
        known[name] = name
    used = {name for tree in trees for name in _dotted_names(tree, known)}
    used -= _of_own_objects(used, imported)
    if used & _BY_TEXT or any(name.rpartition(".")[2] in _BY_TEXT for name in used):
        words = {text for tree in trees for text in _words(tree)}
        used |= {f"?.{text}" for text in words if not text.islower()}
    plain = [name for name in used if "." not in name and name not in known]
    used |= {f"{module}.{name}" for module in open_modules for name in plain}
    return sorted(used)


# by what code reaches a name without reading it, or gives it to what is no assignment
_HIDDEN_WAYS = _BY_TEXT | {
    *("setattr", "delattr", "locals", "sys", "builtins", "gc", "inspect", "importlib"),
    *("get_ipython", "modules", "f_globals", "f_locals", "f_back", "tb_frame"),
    *("gi_frame", "attrgetter", "methodcaller", "patch"),
}
_FILLING = {  # methods that give something to an object
    *("append", "extend", "insert", "update", "setdefault", "add", "appendleft", "put"),
    "register",
}
_HARMLESS = {  # of modules that have hidden ways, what has none
    "sys": {"version", "version_info", "stdout", "stderr", "maxsize", "float_info"},
    "inspect": {"getsource", "signature", "getdoc", "isfunction", "isclass"},
}
_USUAL = {"__name__", "__init__", "__call__", "__class__", "__doc__", "_"}


def depended_on(cells: Sequence[str], answers: Sequence[str]) -> list[str]:
    """Return what of each cell can matter to the answers; nothing of a broken one."""
    trees = [tree for cell in cells for tree in _parsed([cell]) or [ast.Module([], [])]]
    return [ast.unparse(each) for each in _depended_on(trees, set(answers))]


def _depended_on(trees: Sequence[ast.Module], answers: set[str]) -> list[ast.Module]:
    """Return the trees without statements that cannot matter to the answers.

    A statement matters that sets a name which an answer reads, or a part of what it
    names, there or by way of another statement, or that hands such a name on. Where
    code looks names up in other ways, all of it matters.
    """
    left = [node for tree in trees for node in tree.body]
    wanted, kept = set(answers), set[int]()
    imported = set(_imported(trees)[0])  # two of them may be one
    while more := [node for node in left if _matters(node, wanted, imported)]:
        kept |= {id(node) for node in more}
        wanted |= {name for node in more for name in _names_in(node)} | _defined(more)
        left = [node for node in left if id(node) not in kept]
    matter = [[node for node in tree.body if id(node) in kept] for tree in trees]
    if any(_has_hidden_ways(node) for body in matter for node in body):
        return list(trees)
    return [ast.Module(body, []) for body in matter]


def _matters(node: ast.stmt, wanted: set[str], imported: set[str]) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom) or _has_hidden_ways(node):
        return True
    parts = list(ast.walk(node))
    filled = {_root(each.func) for each in parts if _fills(each)}
    changed = {_root(each) for each in parts if _is_set_part(each)}
    if None in filled | changed or changed & imported:
        return True
    touched = _defined([node]) | _names_in(node, only_handed_on=True)
    return bool(wanted & (touched | filled | changed))


def _is_set_part(node: ast.AST) -> bool:
    """Say whether a node is what a statement sets of an object: x.a, x[0]."""
    part = isinstance(node, ast.Attribute | ast.Subscript)
    return part and isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)


def _fills(node: ast.AST) -> TypeGuard[ast.Call]:
    """Say whether a node calls a method that gives something to an object."""
    function = node.func if isinstance(node, ast.Call) else None
    return isinstance(function, ast.Attribute) and function.attr in _FILLING


def _root(node: ast.AST) -> str | None:
    """Return the name that an object is reached by: x, x.a, x[0], x(1).b; or None."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def _has_hidden_ways(node: ast.stmt) -> bool:
    parts = list(ast.walk(node))
    called = {id(each.func) for each in parts if isinstance(each, ast.Call)}
    harmless = {id(each.value) for each in parts if _is_harmless(each)}
    for each in parts:
        if id(each) in harmless:
            continue
        if isinstance(each, ast.alias):
            words = {*each.name.split(".")}
            words -= set() if each.asname else set(_HARMLESS)  # as a name it is read
        else:
            words = {getattr(each, "id", "_"), getattr(each, "attr", "_")}
        if words & _HIDDEN_WAYS or any(w[:2] == "__" for w in words - _USUAL):
            return True
        if getattr(each, "attr", "_") in _FILLING and id(each) not in called:
            return True
    return False


def _is_harmless(node: ast.AST) -> TypeGuard[ast.Attribute]:
    """Say whether a node reads what is harmless of a module: sys.version."""
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        return False
    return node.attr in _HARMLESS.get(node.value.id, ())


def _names_in(node: ast.stmt, only_handed_on: bool = False) -> set[str]:
    """Return the names in a statement, or without those only called or looked into."""
    parts = list(ast.walk(node))
    roots = [each.func for each in parts if isinstance(each, ast.Call)]
    roots += [each.value for each in parts if isinstance(each, ast.Attribute)]
    left_out = {id(each) for each in roots} if only_handed_on else set()
    return {e.id for e in parts if isinstance(e, ast.Name) and id(e) not in left_out}


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


def _parsed(cells: Sequence[str]) -> list[ast.Module]:
    trees: list[ast.Module] = []
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


def _defined(trees: Iterable[ast.AST]) -> set[str]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return {
        node.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, kinds)
    }


def _of_own_objects(used: Iterable[str], imported: set[str]) -> set[str]:
    """Return the names that are functions of objects: self.autoencoder, model.distance.

    Whose they are no text says. Functions alone: a class of that name
    (`keras.layers.LSTM`) could be a library's.
    """
    roots = {each.split(".")[0] for each in imported}
    return {
        name
        for name in used
        if "." in name
        and name.rpartition(".")[2].islower()
        and name.split(".")[0] not in roots
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
