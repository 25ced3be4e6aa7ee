"""House rules that no linter knows: names of modules, no shared state, no global randomness, nothing of one machine."""

from __future__ import annotations

import ast
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

CATCH_ALLS = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "manager"}
MUTATORS = {"add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "setdefault", "update"}
SEEDED = {"Generator", "PCG64", "Philox", "SeedSequence", "BitGenerator"}
MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
MUTABLE_CALLS = {"list", "dict", "set", "defaultdict", "deque", "Counter", "OrderedDict", "bytearray"}
REGISTRY = re.compile(r"(?:pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|crates\.io|anaconda\.org|repo1?\.maven)")
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:work|root|tmp/td|home/\w+|Users/\w+)/")


def find_module_state(tree: ast.Module) -> list[str]:
    """Names at module level that hold, or are used as, something that changes: `line name`."""
    found = []
    constants: set[str] = set()
    for node in tree.body:
        if not isinstance(node, (ast.Assign, ast.AnnAssign)) or not is_mutable(node.value):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [target.id for target in targets if isinstance(target, ast.Name) and target.id != "__all__"]
        constants.update(name for name in names if name.isupper())
        found += [f"{node.lineno} {name}" for name in names if not name.isupper()]
    found += [f"{line} {name}" for line, name in find_changes(tree) if name in constants]
    return found + [f"{node.lineno} global" for node in ast.walk(tree) if isinstance(node, ast.Global)]


def is_mutable(value: ast.expr | None) -> bool:
    called = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in MUTABLE_CALLS
    return called or isinstance(value, MUTABLE)


def find_changes(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of everything that is changed in place: `X[...] = `, `del X[...]`, `X += `, `X.append(...)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, (ast.Store, ast.Del)):
            changed = node.value
        elif isinstance(node, ast.AugAssign):
            changed = node.target
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
            changed = node.func.value
        else:
            continue
        if isinstance(changed, ast.Name):
            yield node.lineno, changed.id


def find_global_randomness(tree: ast.Module) -> list[str]:
    """Calls that draw from or seed a generator that the whole process shares, or that seed themselves from the clock."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        owner, _, name = ast.unparse(node.func).rpartition(".")
        shared = owner in {"np.random", "numpy.random"} and name not in SEEDED | {"default_rng"}
        shared |= owner == "random" and name != "Random"
        shared |= (owner, name) == ("Faker", "seed")
        unseeded = name in {"default_rng", "Random"} and not node.args
        if shared or unseeded:
            found.append(f"{node.lineno} {owner}.{name}")
    return found


def find_swallowed(tree: ast.Module) -> list[str]:
    """Handlers that catch everything and do nothing."""
    handlers = [node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]
    broad = [one for one in handlers if one.type is None or ast.unparse(one.type) in {"Exception", "BaseException"}]
    silent = (ast.Pass, ast.Continue)
    return [f"{one.lineno} except" for one in broad if all(isinstance(statement, silent) for statement in one.body)]


def find_foreign_places(text: str) -> list[str]:
    """Package registries and absolute paths of somebody's machine."""
    return [match[0] for pattern in (REGISTRY, MACHINE_PATH) for match in pattern.finditer(text)]


def read_project(root: Path) -> Iterator[tuple[str, str]]:
    """Path and text of every text file that git has or would add."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=root, capture_output=True, check=True, text=True).stdout
    files = {path: root / path for path in listed.rstrip("\0").split("\0")}
    for path, file in files.items():
        if file.is_file() and b"\0" not in (data := file.read_bytes())[:4096]:
            yield path, data.decode(errors="replace")


def test_no_module_is_a_catch_all(programs, test_sources):
    assert [one.path for one in (*programs, *test_sources) if Path(one.path).stem in CATCH_ALLS] == []


@pytest.mark.parametrize("find", [find_module_state, find_global_randomness, find_swallowed])
def test_source_keeps_the_rules(package, find):
    assert [f"{source.path}:{found}" for source in package for found in find(source.tree)] == []


def test_nothing_names_a_registry_or_a_machine(root):
    assert [f"{path}: {found}" for path, text in read_project(root) for found in find_foreign_places(text)] == []


@pytest.mark.parametrize(
    ("find", "code", "count"),
    [
        (find_module_state, "cache = {}", 1),
        (find_module_state, "seen: set[str] = set()", 1),
        (find_module_state, "CACHE = {}\ndef f(x):\n    CACHE[x] = 1", 1),
        (find_module_state, "CACHE = []\ndef f(x):\n    CACHE.append(x)", 1),
        (find_module_state, "N = 0\ndef f():\n    global N", 1),
        (find_module_state, "UNITS = {'s': 1}\n__all__ = ['UNITS']\ndef f():\n    local = []\n    local.append(1)", 0),
        (find_global_randomness, "np.random.seed(1)", 1),
        (find_global_randomness, "random.shuffle(rows)", 1),
        (find_global_randomness, "np.random.default_rng()", 1),
        (find_global_randomness, "np.random.default_rng(seed)\nnp.random.Philox(key=1)\nrng.random()", 0),
        (find_swallowed, "try:\n    f()\nexcept Exception:\n    pass", 1),
        (find_swallowed, "try:\n    f()\nexcept:\n    pass", 1),
        (find_swallowed, "try:\n    f()\nexcept KeyError:\n    pass", 0),
    ],
)
def test_a_broken_rule_is_found(find, code, count):
    assert len(find(ast.parse(code))) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("https://" + "pypi." + "org/simple", 1),
        ("cd " + "/" + "work/main", 1),
        ("open('" + "/" + "root/x')", 1),
        ("/" + "home/ann/lake", 1),
        ("s3://bucket/work/lake and ./root/x and ~/work/", 0),
    ],
)
def test_a_foreign_place_is_found(text, count):
    assert len(find_foreign_places(text)) == count


def test_a_test_cannot_reach_another_machine():
    nobody = ("192.0.2.1", 9)  # reserved for documentation by RFC 5737
    with pytest.raises(PermissionError, match="tests use servers"):
        socket.create_connection(nobody, timeout=1)


def test_a_test_can_reach_its_own_server():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=1) as own,
    ):
        assert own.getpeername() == server.getsockname()
