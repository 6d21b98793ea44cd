"""What must be known of a language to run programs written in it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True)
class Language:
    """`programs` must be on the machine; the first is the compiler, or else the interpreter.

    `compiled` are the words after the compiler's path, empty where nothing is compiled, and
    `artefact` is the file or folder that it leaves. `run` are all words that start the program. In
    both, `{file}`, `{stem}` and `{memory_mb}` stand for the learner's file and limit, a word that
    is one of `programs` for its full path, `{flags}` alone for the author's flags, and `{sources}`
    alone for all files of the language, the learner's main one first.

    `more_extensions` are other endings of its sources.

    `error` finds `line` and `message` in what the compiler says, `fault` in what a program that
    failed wrote on standard error. `out_of_memory` is what the runtime says then. `own_mb` is what
    the runtime takes for itself, on top of what the learner may use; `address_space` is False for
    runtimes that reserve far more than they use. `exit_counts`: whether an exit code other than 0
    means that the program failed. `fewest_processes` are needed to compile or to start at all,
    `folders` of the machine beside /usr.
    """

    code: str
    name: str
    extension: str
    programs: tuple[str, ...]
    run: tuple[str, ...]
    compiled: tuple[str, ...] = ()
    artefact: str = ""
    error: str = ""
    fault: str = ""
    out_of_memory: str = ""
    own_mb: int = 0
    address_space: bool = True
    exit_counts: bool = True
    more_extensions: tuple[str, ...] = ()
    processes: int = 16
    fewest_processes: int = 4
    filename: str = "solution"
    folders: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The programs that this machine does not have."""
        return tuple(name for name in self.programs if found(name) is None)

    @property
    def default_filename(self) -> str:
        return self.filename + self.extension


def found(program: str) -> str | None:
    """The file of a program of this machine, links followed: what they go through need not be
    visible inside the sandbox."""
    path = shutil.which(program, path=PATH)
    return None if path is None else str(Path(path).resolve())
