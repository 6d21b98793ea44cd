"""A learner's program in any language: compiled in one sandbox, run in another.

What the compiler leaves is carried over as bytes that nobody here looks into. So a run has its own
limits, and finds the program as it was compiled, whatever an earlier run did.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from copy import copy
from dataclasses import dataclass, field, replace
from types import TracebackType

from grading.sandbox import (
    SYSTEM_LINKS,
    Commands,
    Content,
    Fault,
    Interior,
    Limits,
    Outcome,
    SandboxUnavailable,
    as_bytes,
    as_text,
)
from grading.sandbox.paths import is_plain_path
from rubrics.languages import Language
from rubrics.languages.base import found

COMPILING = Limits(cpu_seconds=10, memory_mb=1024, processes=64, disk_mb=64, output_kb=256)
_MESSAGE = 300
_DIGITS = 7
LARGEST_MB = 6  # of what is compiled: sandbox.commands.MOST_BYTES
NOT_FOUND = 127  # what the loader and our own process answer for a program that cannot start


class Program:
    """One learner's program; a context manager. `files` by their path, `main` among them.

    Raises SandboxUnavailable when the machine cannot contain it, or has no compiler for it.
    """

    def __init__(
        self,
        language: Language,
        files: Mapping[str, Content],
        limits: Limits,
        *,
        main: str,
        flags: Sequence[str] = (),
        overall_seconds: float,
    ) -> None:
        lines = as_text(files[main]).count("\n") + 1
        sources = [main, *sorted(path for path in files if _is_source(path, main, language))]
        self._names = _Names(language, main, tuple(flags), limits.memory_mb, lines, tuple(sources))
        self._language = language
        self._files = {path: as_bytes(content) for path, content in files.items()}
        self._limits = replace(
            limits,
            memory_mb=min(limits.memory_mb + language.own_mb, 4096),
            processes=max(limits.processes, language.processes),
        )
        self._ends = time.monotonic() + overall_seconds
        self._stack = ExitStack()
        # What is no source lies beside the program when it runs too.
        self._data = {
            path: content
            for path, content in self._files.items()
            if language.compiled and path != main and not _is_source(path, main, language)
        }
        self._built: Mapping[str, bytes] | None = None
        self._commands: Commands | None = None
        self._refused: Outcome | None = None

    def __enter__(self) -> Program:
        missing = self._language.missing
        if missing:
            raise SandboxUnavailable(
                f"This machine cannot run {self._language.name}: it has no {', '.join(missing)}.",
                "Install it where the diagnostics run.",
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def again(self, overall_seconds: float) -> Program:
        """Another one of the same program, which need not be compiled a second time."""
        other = copy(self)
        other._ends = time.monotonic() + overall_seconds
        other._stack = ExitStack()
        other._commands = None
        return other

    def run(self, arguments: Sequence[str] = (), stdin: str = "") -> Outcome:
        """One run; a program that does not compile gives the same Fault for each."""
        return self.run_for_file(arguments, stdin, "")[0]

    def run_for_file(
        self, arguments: Sequence[str], stdin: str, wanted: str
    ) -> tuple[Outcome, bytes | None]:
        """The same, with the content of the file `wanted` that the program has written."""
        commands = self._ready()
        if self._refused is not None or commands is None:
            return self._refused or Outcome("killed", detail="sandbox"), None
        ended = commands.run([*self._names.running(), *arguments], stdin, keep=wanted)
        return self._read(ended.outcome), ended.files.get(wanted)

    def _ready(self) -> Commands | None:
        if self._commands is None and self._refused is None:
            if self._built is None:
                self._built = self._compiled() if self._language.compiled else self._files
            if self._built is not None:
                sandbox = self._sandbox({**self._data, **self._built}, self._limits)
                self._commands = self._stack.enter_context(sandbox)
        return self._commands

    def _sandbox(self, files: Mapping[str, bytes], limits: Limits) -> Commands:
        language = self._language
        return Commands(
            files,
            Interior("commands", ("/usr", *language.folders), SYSTEM_LINKS, language.environment),
            limits,
            address_space=language.address_space,
            fewest_processes=language.fewest_processes,
            overall_seconds=max(self._ends - time.monotonic(), 0.1),
        )

    def _compiled(self) -> Mapping[str, bytes] | None:
        """What the compiler leaves; None when it refuses the program, with the reason kept."""
        language = self._language
        with self._sandbox(self._files, COMPILING) as commands:
            ended = commands.run(self._names.compiling(), keep=language.artefact)
        if ended.outcome.status != "ok":
            self._refused = self._complaint(ended.outcome)
            return None
        if not ended.files or not all(is_plain_path(name) for name in ended.files):
            why = f"what comes of it is larger than {LARGEST_MB} MB"
            if ended.files:
                why = "it makes a file with a name that cannot be kept"
            fault = Fault("compile error", why, None, "compile")
            self._refused = replace(ended.outcome, status="exception", exception=fault)
            return None
        return ended.files

    def _complaint(self, outcome: Outcome) -> Outcome:
        said = outcome.stderr + outcome.stdout
        if outcome.detail == f"exit code {NOT_FOUND}":
            raise SandboxUnavailable(
                f"The {self._language.name} compiler does not start: {said[:_MESSAGE]}",
                "Reinstall it where the diagnostics run.",
            )
        match = next(self._names.matches(self._language.error, said), None)
        message = match.group("message") if match else said.strip()[-_MESSAGE:]
        if outcome.status not in ("ok", "exit"):
            message = "the compiler could not cope with it"
        line = self._names.line(match) if match else None
        fault = Fault("compile error", message[:_MESSAGE], line, "compile")
        return replace(outcome, status="exception", exception=fault, stderr=said)

    def _read(self, outcome: Outcome) -> Outcome:
        """The outcome with what the runtime said of it."""
        language = self._language
        if outcome.status == "exit" and not language.exit_counts:
            return replace(outcome, status="ok")
        if outcome.status not in ("exit", "crashed", "killed"):
            return outcome
        if language.out_of_memory and language.out_of_memory in outcome.stderr:
            return replace(outcome, status="memory")
        match = next(self._names.matches(language.fault, outcome.stderr), None)
        if match is None:
            return outcome
        message = match.groupdict().get("message") or _last_line(outcome.stderr)
        fault = Fault("", message[:_MESSAGE], self._names.line(match), "source")
        return replace(outcome, status="exception", exception=fault)


@dataclass(frozen=True)
class _Names:
    language: Language
    file: str
    flags: tuple[str, ...] = field(default=())
    memory_mb: int = 128
    lines: int = 0
    sources: tuple[str, ...] = ()

    def compiling(self) -> list[str]:
        return list(self._words((self.language.programs[0], *self.language.compiled)))

    def running(self) -> list[str]:
        return list(self._words(self.language.run))

    def _words(self, words: Sequence[str]) -> Iterator[str]:
        stem = self.file.rpartition(".")[0]
        for word in words:
            if word == "{flags}":
                yield from self.flags
            elif word == "{sources}":
                yield from self.sources
            elif word in self.language.programs:
                yield found(word) or word
            else:
                yield word.format(file=self.file, stem=stem, memory_mb=self.memory_mb)

    def line(self, match: re.Match[str]) -> int | None:
        """A line that the file has: what a program writes about itself can be anything."""
        digits = match.group("line")
        line = int(digits) if len(digits) <= _DIGITS else 0
        return line if 0 < line <= self.lines else None

    def matches(self, pattern: str, said: str) -> Iterator[re.Match[str]]:
        """Nothing where the language has no such pattern."""
        if not pattern:
            return iter(())
        return re.finditer(pattern.replace("{file}", re.escape(self.file)), said, re.MULTILINE)


def _is_source(path: str, main: str, language: Language) -> bool:
    return path != main and path.endswith((language.extension, *language.more_extensions))


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if "Error" in line or "Exception" in line), "") or (
        lines[-1] if lines else ""
    )
