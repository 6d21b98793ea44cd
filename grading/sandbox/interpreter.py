"""Which Python runs learners' code, what of the machine it needs, and our code compiled for it."""

from __future__ import annotations

import base64
import functools
import json
import os
import stat
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grading.sandbox.errors import SandboxUnavailable

SETTING = "SANDBOX_PYTHON"
# Modules of ours that run in the sandbox, each needing only those before it.
_INSIDE = ("encoding", "zygote", "commands")
_OLDEST = (3, 11)
_REMEDY = (
    "Install Python 3.11 or newer where every user can read it (on Debian: "
    f"apt-get install python3), or name one in the environment variable {SETTING}."
)

# Runs in the chosen interpreter, on our own text only. Each program becomes one file that carries
# the modules before it: a file more would cost each start of a sandbox a mount and a search, half a
# millisecond. The libraries are those that the standard modules have in fact mapped, so the bind
# list fits any distribution.
_ENQUIRY = """
import __future__, ast, base64, importlib, json, marshal, os, struct, sys, sysconfig
import importlib.util

def compiled(name, text):
    # A flag instead of the statement, which would load a module at each start of a sandbox.
    tree = ast.parse(text)
    tree.body = [node for node in tree.body if getattr(node, "module", "") != "__future__"]
    flags = __future__.annotations.compiler_flag
    return compile(tree, "/cograde/" + name + ".py", "exec", flags, dont_inherit=True, optimize=2)

START = compile('''
import sys
for name, code in "needed":
    module = sys.modules[name] = type(sys)(name)
    exec(code, module.__dict__)
exec("program", globals())
''', "/cograde/start.py", "exec", dont_inherit=True)

def linked(program, needed):
    given = {"needed": tuple(needed.items()), "program": program}
    constants = [given.get(each, each) if type(each) is str else each for each in START.co_consts]
    code = START.replace(co_consts=tuple(constants))
    return importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code)

needed, programs = {}, {}
for name, text in json.load(sys.stdin).items():
    code = compiled(name, text)
    programs[name] = base64.b64encode(linked(code, needed)).decode()
    needed[name] = code
extensions = sysconfig.get_path("platstdlib") + "/lib-dynload"
for name in sorted(os.listdir(extensions)) if os.path.isdir(extensions) else []:
    try:
        importlib.import_module(name.partition(".")[0])
    except Exception:
        pass
with open("/proc/self/maps") as maps:
    mapped = {line.split(None, 5)[5].strip() for line in maps if line.count("/") > 0}
with open(sys.executable, "rb") as file:
    head = file.read(4096)
start, size, count = struct.unpack_from("<Q", head, 32)[0], *struct.unpack_from("<HH", head, 54)
loader = ""
for index in range(count):
    kind, _, offset, _, _, length = struct.unpack_from("<IIQQQQ", head, start + index * size)
    if kind == 3:
        loader = head[offset:offset + length - 1].decode()
print(json.dumps({
    "version": sys.version_info[:3],
    "executable": os.path.realpath(sys.executable),
    "stdlib": sorted({sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}),
    "libraries": sorted({os.path.dirname(path) for path in mapped if ".so" in path}),
    "loader": loader,
    "programs": programs,
}))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python for the sandbox: real path, folders to bind, ELF loader, our compiled programs."""

    executable: str
    version: tuple[int, ...]
    folders: tuple[str, ...]
    loader: str
    programs: Mapping[str, bytes]


def candidates() -> list[str]:
    """Where to look, first wish first."""
    named = os.environ.get(SETTING)
    if named:
        return [named]
    minor = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return [f"{sys.base_prefix}/bin/{minor}", "/usr/bin/python3", "/usr/local/bin/python3"]


def reachable(path: str, by_everyone: bool) -> bool:
    """Whether the user that the sandbox runs as can start the file."""
    real = Path(os.path.realpath(path))
    if not by_everyone:
        return os.access(real, os.R_OK | os.X_OK)
    try:
        modes = [part.stat().st_mode for part in (real, *real.parents)]
    except OSError:
        return False
    readable = modes[0] & stat.S_IROTH and stat.S_ISREG(modes[0])
    return bool(readable) and all(mode & stat.S_IXOTH for mode in modes)


def find() -> Interpreter:
    """The interpreter of this machine. Raises SandboxUnavailable with what was tried."""
    return _first(tuple(candidates()), by_everyone=os.geteuid() == 0)


@functools.lru_cache(maxsize=4)
def _first(tried: tuple[str, ...], *, by_everyone: bool) -> Interpreter:
    """Looked for once, not for every submission; where none is found it is looked for again."""
    for path in tried:
        if reachable(path, by_everyone):
            return _enquire(path)
    raise SandboxUnavailable(
        f"No Python that the sandbox's own user can reach (tried {', '.join(tried)}).", _REMEDY
    )


def _enquire(path: str) -> Interpreter:
    here = Path(__file__).parent
    sources = {name: (here / f"{name}.py").read_text() for name in _INSIDE}
    try:
        answer = subprocess.run(
            [path, "-I", "-S", "-B", "-c", _ENQUIRY],
            input=json.dumps(sources),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            env={},
            cwd="/",
        )
        facts = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise SandboxUnavailable(f"{path} does not work as a Python: {error}.", _REMEDY) from error
    if tuple(facts["version"]) < _OLDEST:
        raise SandboxUnavailable(f"{path} is older than Python 3.11.", _REMEDY)
    return Interpreter(
        executable=facts["executable"],
        version=tuple(facts["version"]),
        folders=_outermost([*facts["stdlib"], *facts["libraries"]]),
        loader=facts["loader"],
        programs={name: base64.b64decode(text) for name, text in facts["programs"].items()},
    )


def _outermost(folders: list[str]) -> tuple[str, ...]:
    """The folders without those that lie inside another."""
    kept: list[str] = []
    for folder in sorted({os.path.realpath(folder) for folder in folders}):
        if not kept or not folder.startswith(kept[-1] + "/"):
            kept.append(folder)
    return tuple(kept)
