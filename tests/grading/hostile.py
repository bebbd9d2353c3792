"""Answers to lesson 03 as a class hands them in: honest, mistaken, careless, hostile.

Each `Case` is one learner. `cells` replaces right answers by number; what is not named
is right, so that every case also says whether its other exercises keep their points.
"""

from dataclasses import dataclass, field

RIGHT = {
    "3.1": "lazy_accuracy = 1 - y.mean()\nconstant_ap = y.mean()",
    "3.2": (
        "model = make_pipeline(SMOTE(random_state=0), "
        "RandomForestClassifier(60, random_state=0))"
    ),
    "3.3": (
        "def total_cost(threshold):\n"
        "    alarm = validation_scores > threshold\n"
        "    missed = (y_validation[~alarm] == 1).sum()\n"
        "    return 20 * missed + (y_validation[alarm] == 0).sum()\n\n"
        "threshold = min(np.unique(validation_scores), key=total_cost)"
    ),
    "3.4": (
        "def corrected(p, share):\n"
        "    odds = p / (1 - p) * share / (1 - share)\n"
        "    return odds / (1 + odds)"
    ),
}


@dataclass(frozen=True)
class Case:
    """One learner: what stands in which cell, and what has to come of it.

    `wrong` are the exercises that earn nothing; `says` is a part of what the gradebook
    says of them, `flags` of the row. `own` are cells of the learner's own, put below
    the setup cell.
    """

    name: str
    cells: dict[str, str] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()
    says: str = ""
    flags: tuple[str, ...] = ()
    own: tuple[str, ...] = ()


def _first(name, code, **more):
    """A case that does something in front of a right answer to 3.4."""
    return Case(name, {"3.4": f"{code}\n{RIGHT['3.4']}"}, **more)


def _instead(name, code, number="3.1", **more):
    return Case(name, {number: code}, wrong=(number,), **more)


HONEST = [
    Case("right"),
    Case(
        "import in another cell",
        {"3.1": "lazy_accuracy = 1 - nump.mean(y)\nconstant_ap = nump.mean(y)"},
        own=("import numpy as nump",),
    ),
    Case(
        "helper in another cell",
        {
            "3.4": "def corrected(p, share):\n"
            "    return back(odds_of(p) * odds_of(share))"
        },
        own=(
            "def odds_of(p):\n    return p / (1 - p)",
            "def back(odds):\n    return odds / (1 + odds)",
        ),
    ),
    Case(
        "helper in another exercise",
        {
            "3.1": "def share_of(y):\n    return y.mean()\n\n"
            "lazy_accuracy, constant_ap = 1 - share_of(y), share_of(y)",
            "3.4": "def corrected(p, share):\n    a = share_of(np.array([share]))\n"
            "    odds = p / (1 - p) * a / (1 - a)\n    return odds / (1 + odds)",
        },
    ),
    Case(
        "another cell that fails",
        {"3.1": "s = mine(y)\nlazy_accuracy, constant_ap = 1 - s, s"},
        own=("1 / 0", "def mine(y):\n    return y.mean()", "undefined"),
    ),
    Case(
        "by counting",
        {
            "3.1": "ones = sum(int(v) for v in y)\n"
            "lazy_accuracy = (len(y) - ones) / len(y)\nconstant_ap = ones / len(y)"
        },
    ),
    Case(
        "lambda",
        {
            "3.4": "corrected = lambda p, share: (p * share / "
            "(p * share + (1 - p) * (1 - share)))"
        },
    ),
    Case(
        "class with a call",
        {
            "3.4": "class Corrected:\n"
            "    def __call__(self, p, share):\n"
            "        return p * share / (p * share + (1 - p) * (1 - share))\n\n"
            "corrected = Corrected()"
        },
    ),
    Case(
        "partial",
        {
            "3.4": "from functools import partial\n\ndef f(k, p, share):\n"
            "    return k * p * share / (p * share + (1 - p) * (1 - share))\n\n"
            "corrected = partial(f, 1.0)"
        },
    ),
    Case(
        "annotated",
        {
            "3.4": "def corrected(p: float, share: float) -> float:\n"
            '    """Bayes."""\n    odds: float = p / (1 - p) * share / (1 - share)\n'
            "    return odds / (1 + odds)"
        },
    ),
    Case(
        "imblearn pipeline",
        {
            "3.2": "from imblearn.pipeline import Pipeline\n"
            "from imblearn.over_sampling import SMOTE\n"
            "from sklearn.linear_model import LogisticRegression\n"
            "model = Pipeline([('s', SMOTE(random_state=1)), "
            "('m', RandomForestClassifier(n_estimators=30, random_state=1))])"
        },
    ),
    Case(
        "threshold by a loop",
        {
            "3.3": "best = None\n"
            "for t in sorted(set(validation_scores)):\n"
            "    cost = 0\n"
            "    for label, score in zip(y_validation, validation_scores):\n"
            "        if label == 1 and not score > t:\n            cost += 20\n"
            "        if label == 0 and score > t:\n            cost += 1\n"
            "    if best is None or cost < best[0]:\n        best = (cost, t)\n"
            "threshold = best[1]"
        },
    ),
    _first("prints", "for i in range(1000):\n    print(i, 'hello')"),
    _first("draws", "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"),
    _first("magics", "%matplotlib inline\nimport warnings"),
    _first(
        "asks for help", "hint('3.4')\nsolution('3.4')\nprogress()\ncheck('3.4', 1)"
    ),
    _first("displays", "display('a table')"),
    _first("awaits", "import asyncio\nawait asyncio.sleep(0)"),
    _first(
        "writes a file",
        "with open('notes.txt', 'w') as f:\n    f.write('x')\n"
        "assert open('notes.txt').read() == 'x'",
    ),
    _first(
        "own thread",
        "import threading\n"
        "threading.Thread(target=lambda: [None for _ in iter(int, 1)], "
        "daemon=True).start()",
    ),
    _first(
        "workers",
        "from joblib import Parallel, delayed\n"
        "assert Parallel(n_jobs=2, prefer='threads')(delayed(abs)(-i) "
        "for i in range(3)) == [0, 1, 2]",
    ),
    _first(
        "reads the machine",
        "import os, platform\nos.cpu_count(), "
        "platform.machine()\nopen('/proc/cpuinfo').read()",
    ),
    Case(
        "forest that tells",
        {
            "3.2": "model = make_pipeline(SMOTE(random_state=0), "
            "RandomForestClassifier(60, random_state=0, verbose=2, n_jobs=2))"
        },
    ),
    Case(
        "search with workers",
        {
            "3.2": "from sklearn.model_selection import GridSearchCV\n"
            "model = GridSearchCV(make_pipeline(SMOTE(random_state=0), "
            "RandomForestClassifier(5)), {'randomforestclassifier__n_jobs': [4]})"
        },
    ),
    _first("warns", "import warnings\nwarnings.warn('careful')"),
]

MISTAKEN = [
    _instead(
        "percent",
        "lazy_accuracy = 100 * (1 - y.mean())\nconstant_ap = 100 * y.mean()",
        says="percent",
    ),
    _instead(
        "inverted",
        "lazy_accuracy = y.mean()\nconstant_ap = y.mean()",
        says="inverted label",
    ),
    _instead(
        "typed in",
        "lazy_accuracy = 0.9\nconstant_ap = 0.1",
        says="the same answer for other data",
    ),
    _instead(
        "leak",
        "X_more, y_more = SMOTE(random_state=0).fit_resample(X, y)\n"
        "model = RandomForestClassifier(10, random_state=0).fit(X_more, y_more)",
        "3.2",
    ),
    _instead(
        "no resampling",
        "model = make_pipeline(RandomForestClassifier(60, random_state=0))",
        "3.2",
        says="no resampling",
    ),
    _instead(
        "noise",
        "from imblearn.over_sampling import RandomOverSampler\n"
        "model = make_pipeline(RandomOverSampler(shrinkage=0.5, random_state=0), "
        "RandomForestClassifier(10, random_state=0))",
        "3.2",
        says="noise",
    ),
    _instead("no choice", "threshold = 0.5", "3.3", says="no choice"),
    _instead(
        "odds",
        "def corrected(p, share):\n    return p / (1 - p) * share / (1 - share)",
        "3.4",
        says="odds",
    ),
    _instead(
        "half right",
        "def corrected(p, share):\n    if p < 0.5:\n        return p\n"
        "    odds = p / (1 - p) * share / (1 - share)\n"
        "    return odds / (1 + odds)",
        "3.4",
    ),
    Case(
        "two wrong",
        {"3.1": "lazy_accuracy = constant_ap = 2", "3.4": "corrected = 3"},
        wrong=("3.1", "3.4"),
    ),
]

CARELESS = [
    _instead("syntax error", "lazy_accuracy = = 1", says="SyntaxError"),
    _instead("indentation", "  lazy_accuracy = 1\nconstant_ap = 2", says="Indentation"),
    _instead(
        "name missed", "lazy_accuracy = my_share(y)\nconstant_ap = 1", says="NameError"
    ),
    _instead(
        "half blank",
        "lazy_accuracy = 1 - y.mean()\nconstant_ap = ...",
        says="not attempted",
    ),
    _instead("text", "lazy_accuracy = 'many'\nconstant_ap = 'few'"),
    _instead("nothing", "lazy_accuracy = None\nconstant_ap = None"),
    _instead(
        "deleted",
        "lazy_accuracy = 1 - y.mean()\nconstant_ap = y.mean()\ndel constant_ap",
        says="not attempted",
    ),
    _instead(
        "division", "lazy_accuracy = 1 / 0\nconstant_ap = 1", says="ZeroDivisionError"
    ),
    _instead(
        "asks",
        "lazy_accuracy = float(input('how many? '))\nconstant_ap = 1",
        says="EOFError",
    ),
    _instead("leaves", "import sys\nsys.exit(0)", says="SystemExit"),
    _instead("quits", "quit()"),
    _instead("interrupts", "raise KeyboardInterrupt"),
    _instead("returns nothing", "def corrected(p, share):\n    p * share", "3.4"),
    _instead("one argument", "def corrected(p):\n    return p", "3.4"),
    _instead("NaN", "lazy_accuracy = float('nan')\nconstant_ap = float('nan')"),
    _instead(
        "recursion",
        "def corrected(p, share):\n    return corrected(p, share)",
        "3.4",
        says="RecursionError",
    ),
]

_LOOP = "while True:\n    pass"
HOSTILE = [
    _instead("endless loop", _LOOP, says="stopped", flags=("incident",)),
    _instead(
        "endless loop when called",
        "def corrected(p, share):\n    while True:\n        pass",
        "3.4",
        says="stopped",
        flags=("incident",),
    ),
    _instead(
        "endless printing",
        "while True:\n    print('x' * 1000)",
        says="stopped",
        flags=("incident",),
    ),
    _instead(
        "deaf to signals",
        "import signal\nfor n in range(1, 65):\n    try:\n"
        "        signal.signal(n, signal.SIG_IGN)\n    except (OSError, ValueError):\n"
        f"        pass\n{_LOOP}",
        flags=("incident",),
    ),
    _instead(
        "sleeps", "import time\ntime.sleep(10**6)", says="time", flags=("incident",)
    ),
    _instead("exits hard", "import os\nos._exit(0)", flags=("incident",)),
    _instead(
        "kills its parent",
        f"import os, signal\nos.kill(os.getppid(), 9)\n{_LOOP}",
        flags=("incident", "suspicious"),
    ),
    _instead(
        "stops its parent",
        f"import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)\n{_LOOP}",
        flags=("incident", "suspicious"),
    ),
    _instead(
        "kills all",
        "import os\nos.kill(-1, 9)\nimport time\ntime.sleep(99)",
        flags=("incident", "suspicious"),
    ),
    _instead(
        "fork bomb",
        "import os\nwhile True:\n    try:\n        os.fork()\n"
        "    except OSError:\n        pass",
        flags=("incident",),
    ),
    _instead(
        "much memory",
        "held = []\nwhile True:\n    held.append(bytearray(10**8))",
        says="MemoryError",
    ),
    _instead(
        "memory of many",
        "import os, time\nfor _ in range(8):\n"
        "    if os.fork() == 0:\n        held = bytearray(400_000_000)\n"
        "        time.sleep(60)\ntime.sleep(60)",
        flags=("incident",),
    ),
    _instead(
        "full disk",
        "with open('/tmp/fill', 'wb') as f:\n    while True:\n"
        "        f.write(bytes(10**6))",
    ),
    _instead(
        "many files",
        "import os\nfor i in range(10**6):\n"
        "    open(f'/tmp/f{i}', 'w').close()\n    os.chmod(f'/tmp/f{i}', 0)",
        flags=("incident",),
    ),
    _first(
        "leaves a process",
        "import subprocess\nsubprocess.Popen(['sleep', '3333'])",
        flags=("incident",),
    ),
    _first(
        "leaves a daemon",
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n"
        "    if os.fork() == 0:\n        time.sleep(3333)\n    os._exit(0)",
        flags=("incident",),
    ),
    _instead(
        "memory of many, later",
        "import os, time\nfor _ in range(8):\n"
        "    if os.fork() == 0:\n        time.sleep(0.3)\n"
        "        held = bytearray(400_000_000)\n        time.sleep(60)\n"
        "lazy_accuracy = constant_ap = 7\ntime.sleep(3)",
        says="memory",
        flags=("incident",),
    ),
    _instead(
        "time of many",
        "import os, time\nfor _ in range(6):\n"
        "    if os.fork() == 0:\n        while True:\n            pass\n"
        "time.sleep(60)",
        says="time",
        flags=("incident",),
    ),
    _first(
        "limits of its parent",
        "import os, resource\nfor limit in (resource.RLIMIT_FSIZE, "
        "resource.RLIMIT_CPU, resource.RLIMIT_NPROC):\n    try:\n"
        "        resource.prlimit(os.getppid(), limit, (1, 1))\n"
        "    except PermissionError:\n        continue\n"
        "    raise ValueError('it could')",
    ),
    _first(
        "parent made slow",
        "import os\nfor kind, who in ((os.PRIO_PROCESS, os.getppid()), "
        "(os.PRIO_USER, 0)):\n    try:\n        os.setpriority(kind, who, 19)\n"
        "    except PermissionError:\n        continue\n"
        "    raise ValueError('it could')\n"
        "try:\n    os.sched_setaffinity(os.getppid(), {0})\n"
        "    raise ValueError('it could')\nexcept PermissionError:\n    pass",
    ),
    _first(
        "memory that is nobody's",
        "import ctypes, os\nassert ctypes.CDLL(None).shmget(0, 4096, 0o1666) == -1\n"
        "assert ctypes.CDLL(None).msgget(7, 0o1666) == -1\n"
        "try:\n    os.memfd_create('a')\n    raise ValueError('it could')\n"
        "except OSError:\n    pass",
    ),
    _first(
        "keys of the kernel",
        "import ctypes, platform\n"
        "number = {'x86_64': 250, 'aarch64': 219}.get(platform.machine(), -1)\n"
        "assert ctypes.CDLL(None).syscall(number, 0, -3, 1) == -1",
    ),
    _first(
        "closes the temporary folder",
        "import os\nfor place in ('/tmp', '/dev/shm'):\n    try:\n"
        "        os.chmod(place, 0o555)\n    except OSError:\n        pass",
    ),
    _first(
        "looks where no text is",
        "try:\n    open('/root/\\udcff')\nexcept (OSError, ValueError):\n    pass",
        flags=("suspicious",),
    ),
    _first(
        "forged suspicion",
        "import gc\nfor o in gc.get_objects():\n"
        "    if type(o).__name__ == '_Task':\n"
        "        for said in ('\\ud800\\x1b[2J', '=1+1', '<script>', [1], None):\n"
        "            o.channel.send({'seen': said})",
        flags=("suspicious",),
    ),
    Case(  # right, and none of its files are written
        "search with files",
        {
            "3.2": "from sklearn.model_selection import GridSearchCV\n"
            "model = make_pipeline(SMOTE(random_state=0), GridSearchCV(make_pipeline("
            "SMOTE(random_state=0), RandomForestClassifier(5)), "
            "{'memory': ['{canary}.d']}))"
        },
    ),
    _instead(
        "endless fraction",
        "import helpers.grading.inside as inside\n"
        "inside._Task._read = lambda task, value: "
        "{'is': 'fraction', 'items': ['1e99999999']}\n"
        "lazy_accuracy = constant_ap = 7",
    ),
    _instead(
        "patches numpy",
        "import numpy\nnumpy.isclose = numpy.allclose = "
        "lambda *a, **k: True\nnumpy.ndarray.__eq__ = None\n"
        "lazy_accuracy = constant_ap = 7",
    ),
    _instead(
        "patches metrics",
        "import sklearn.metrics as m\n"
        "m.average_precision_score = lambda *a, **k: 1.0\n"
        "lazy_accuracy = constant_ap = 7",
    ),
    _instead(
        "patches json",
        "import json\njson.dumps = lambda *a, **k: "
        "'{\"answers\": [0.5, 0.5]}'\nlazy_accuracy = constant_ap = 7",
    ),
    _instead(
        "patches helpers",
        "import helpers.grading.plain as p\n"
        "p.encode = lambda *a, **k: {'is': 'estimator', 'class': 'os:system', "
        "'params': {}}\nlazy_accuracy = constant_ap = 7",
    ),
    _instead(
        "patches builtins",
        "import builtins\nbuiltins.isinstance = lambda *a: True\n"
        "builtins.print = None\nlazy_accuracy = constant_ap = 7",
        flags=("incident",),
    ),
    _instead(
        "says yes to all",
        "class Yes:\n    def __eq__(self, other): return True\n"
        "    def __float__(self): return 0.5\n    def __lt__(self, o): return True\n"
        "    __gt__ = __le__ = __ge__ = __lt__\n"
        "    def __array__(self, *a, **k): return np.float64(0.5)\n"
        "    def __getattr__(self, name): return Yes()\n"
        "lazy_accuracy = constant_ap = Yes()",
    ),
    _instead(
        "float that lies",
        "class F(float):\n"
        "    def __eq__(self, other): return True\n"
        "    def __sub__(self, other): return 0.0\n"
        "    __rsub__ = __sub__\n    __hash__ = None\n"
        "lazy_accuracy = constant_ap = F(7)",
    ),
    _instead(
        "class that lies",
        "class L:\n    __class__ = float\n"
        "    def __float__(self): return 0.5\nlazy_accuracy = constant_ap = L()",
    ),
    _instead(
        "array that lies",
        "class A(np.ndarray):\n"
        "    def __array_function__(self, *a, **k): return True\n"
        "    def __eq__(self, o): return np.array(True)\n"
        "lazy_accuracy = constant_ap = np.zeros(1).view(A)",
    ),
    _instead(
        "IPython hooks",
        "get_ipython().events.register('post_run_cell', "
        "lambda *a: None)\nget_ipython().ast_transformers = []\n"
        "lazy_accuracy = constant_ap = 7",
    ),
    _instead(
        "display hooks",
        "import sys\nsys.displayhook = sys.excepthook = "
        "lambda *a: None\nlazy_accuracy = constant_ap = 7",
    ),
    _instead(
        "forged outcome",
        "from IPython.display import display as show\n"
        "show({'application/vnd.anomaly-workshop.outcome+json': "
        "{'status': 'correct'}}, raw=True)\nprint('3.1: correct')\n"
        "lazy_accuracy = constant_ap = 7",
    ),
    _instead(
        "forged records",
        "import os\nfor n in range(3, 64):\n    try:\n"
        '        os.write(n, b\'{"cell": 1, "passed": true}\\n\' * 50)\n'
        "    except OSError:\n        pass\nlazy_accuracy = constant_ap = 7",
        flags=("incident",),
    ),
    _instead(
        "forged messages",
        "import os, json, struct\n"
        "body = json.dumps({'answers': [float('1e999') if 0 else 1, 1], "
        "'status': 'correct', 'passed': True}).encode()\n"
        "for n in range(3, 64):\n    try:\n"
        "        os.write(n, struct.pack('>Q', len(body)) + body)\n"
        "    except OSError:\n        pass\nlazy_accuracy = constant_ap = 7",
    ),
    _instead(
        "endless message",
        "import os, struct\nfor n in range(3, 64):\n    try:\n"
        "        os.write(n, struct.pack('>Q', 10**15))\n    except OSError:\n"
        "        pass\nlazy_accuracy = constant_ap = 7",
        flags=("incident",),
    ),
    _instead(
        "billion elements",
        "lazy_accuracy = np.broadcast_to(0.0, (10**10,))\nconstant_ap = range(10**12)",
    ),
    _instead("long text", "lazy_accuracy = 'x' * 10**8\nconstant_ap = 1"),
    _instead("long list", "lazy_accuracy = [0] * 10**7\nconstant_ap = 1"),
    _instead("long number", "lazy_accuracy = 10 ** 10**6\nconstant_ap = 1"),
    _instead(
        "endless iterator",
        "import itertools\nlazy_accuracy = itertools.count()\nconstant_ap = 1",
    ),
    _instead(
        "deep list",
        "deep = []\nfor _ in range(10**5):\n    deep = [deep]\n"
        "lazy_accuracy = constant_ap = deep",
    ),
    _instead(
        "list of itself", "own = []\nown.append(own)\nlazy_accuracy = constant_ap = own"
    ),
    _instead(
        "dict that grows",
        "class D(dict):\n"
        "    def keys(self):\n        while True:\n            yield 1\n"
        "lazy_accuracy = constant_ap = D()",
        flags=("incident",),
    ),
    _instead(
        "reads the parent",
        "import os\nlazy_accuracy = "
        "open(f'/proc/{os.getppid()}/environ').read()\nconstant_ap = 1",
        flags=("suspicious",),
    ),
    _instead(
        "reads all of proc",
        "import os\nfor n in os.listdir('/proc'):\n    try:\n"
        "        open(f'/proc/{n}/mem', 'rb').read(1)\n    except OSError:\n"
        "        pass\nlazy_accuracy = constant_ap = 7",
        flags=("suspicious",),
    ),
    _instead(
        "network",
        "import socket\nsocket.create_connection(('127.0.0.1', "
        "{port}), 2).send(b'key')\nlazy_accuracy = constant_ap = 7",
        flags=("suspicious",),
    ),
    _instead(
        "network by name",
        "import urllib.request\n"
        "urllib.request.urlopen('http://localhost:{port}/', timeout=2)\n"
        "lazy_accuracy = constant_ap = 7",
        flags=("suspicious",),
    ),
    _instead(
        "environment",
        "import os\nlazy_accuracy = str(dict(os.environ))\n"
        "assert 'CANARY' not in lazy_accuracy\nconstant_ap = 1",
    ),
    _instead(
        "canary",
        "import os\nfor p in ('{canary}', '/tmp/canary'):\n    try:\n"
        "        open(p, 'w').write('mine')\n    except OSError:\n        pass\n"
        "try:\n    os.remove('{canary}')\nexcept OSError:\n    pass\n"
        "lazy_accuracy = constant_ap = 7",
    ),
    _instead(
        "the next submission",
        "text = open('{submissions}/right/03.ipynb').read()\n"
        "lazy_accuracy = constant_ap = 7",
        flags=("suspicious",),
    ),
    _instead(
        "yesterday's grades",
        "import glob\nfound = glob.glob('{out}/**/*', "
        "recursive=True)\nopen('{out}/work/key', 'rb').read()\n"
        "lazy_accuracy = constant_ap = 7",
    ),
    _instead(
        "solutions",
        "text = open('{kit}/solutions/03_imbalanced_data.py').read()\n"
        "lazy_accuracy = constant_ap = 7",
        flags=("suspicious",),
    ),
    _instead(
        "checks",
        "from helpers.exercises.lesson_03 import *\nlazy_accuracy = constant_ap = 7",
    ),
    _instead(
        "references",
        "from helpers.exercises.declared import find\n"
        "lazy_accuracy, constant_ap = find('3.1').right({'y': y})",
    ),
    _instead(
        "frames",
        "import sys\nframe = sys._getframe()\nwhile frame:\n"
        "    for name, value in list(frame.f_locals.items()):\n"
        "        if 'key' in name or 'reference' in name:\n"
        "            lazy_accuracy = value\n    frame = frame.f_back\n"
        "constant_ap = 1",
    ),
    _instead(
        "all objects",
        "import gc\nfound = [o for o in gc.get_objects() if "
        "type(o).__name__ in ('Exercise', 'Judge', 'Mistake')]\n"
        "lazy_accuracy = found[0]\nconstant_ap = 1",
    ),
    _instead("crash", "import ctypes\nctypes.string_at(0)", flags=("incident",)),
    _instead(
        "deep recursion",
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(n): return f(n + 1)\nf(0)",
        flags=("incident",),
    ),
    _instead(
        "raises a monster",
        "class Monster(BaseException):\n"
        "    def __str__(self):\n        while True:\n            pass\n"
        "raise Monster",
        flags=("incident",),
    ),
    _instead(
        "raises a script",
        "raise type('<script>alert(1)</script>', (Exception,), {})('=cmd|calc')",
    ),
    _instead(
        "tells what is hidden",
        "raise ValueError(f'hidden: {list(y)}')",
        says="ValueError",
    ),
    _instead(
        "deletes everything",
        "import os\nos.system('rm -rf / 2>/dev/null')\nlazy_accuracy = constant_ap = 7",
    ),
    _instead(
        "writes into the kit",
        "for p in ('/kit/helpers/__init__.py', "
        "'/usr/lib/python3/x.pth'):\n    try:\n        open(p, 'a').write('1/0')\n"
        "    except OSError:\n        pass\nlazy_accuracy = constant_ap = 7",
    ),
    _instead(
        "huge forest",
        "model = make_pipeline(SMOTE(random_state=0), RandomForestClassifier(10**9))",
        "3.2",
    ),
    _instead(
        "slow forest",
        "model = make_pipeline(SMOTE(random_state=0), "
        "RandomForestClassifier(10**5, max_features=None))",
        "3.2",
    ),
    Case(  # right, and none of its files are written
        "model with files",
        {
            "3.2": "model = make_pipeline(SMOTE(random_state=0), "
            "RandomForestClassifier(10), memory='{canary}.d')"
        },
    ),
    _instead(
        "own model",
        "class Mine(RandomForestClassifier):\n"
        "    def fit(self, X, y):\n        import os\n        os._exit(0)\n"
        "model = Mine()",
        "3.2",
        flags=("incident",),
    ),
    _instead(
        "model that lies",
        "class Mine:\n    def fit(self, *a, **k): return self\n"
        "    def predict_proba(self, X): return np.ones((len(X), 2))\n"
        "    def get_params(self, deep=True): return {}\n"
        "    def set_params(self, **k): return self\n"
        "    classes_ = [0, 1]\nmodel = Mine()",
        "3.2",
    ),
    _instead(
        "counts its calls",
        "calls = []\ndef corrected(p, share):\n"
        "    calls.append(1)\n    return 0.5 if len(calls) % 2 else p * share",
        "3.4",
    ),
    _instead(
        "talks back",
        "def corrected(p, share):\n    return lambda *a: corrected(p, share)",
        "3.4",
    ),
]

CASES = [*HONEST, *MISTAKEN, *CARELESS, *HOSTILE]
