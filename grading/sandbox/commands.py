"""The process inside a sandbox for programs of any language: it starts them and tells how they end.

It is process 1 of its namespace, like the zygote, with which it shares the pipes and the watch. A
program of another language has no reply to give: what counts is what it prints, how it ends, and
at most one file or folder that it leaves, which is read here, where links lead nowhere.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import posix
import resource
import time

TYPE_CHECKING = False  # the typing module takes longer to load than all else here
if TYPE_CHECKING:
    from typing import Any

    from grading.sandbox.zygote import (
        WORK,
        Pipes,
        Watch,
        answer,
        end_all,
        keep_only,
        read_message,
        require_first,
    )
else:
    from zygote import WORK, Pipes, Watch, answer, end_all, keep_only, read_message, require_first

MOST_FILES = 1000
MOST_BYTES = 6_000_000
NOT_FOUND = 127
_NO_LINK = posix.O_RDONLY | posix.O_NOFOLLOW | posix.O_CLOEXEC | posix.O_NONBLOCK


class _CommandWatch(Watch):
    """Follows one program until it has ended."""

    def open_turn(self, more: bool) -> None:
        del more
        self.room = self.output_bytes
        self.state = "running"
        self.begun = time.monotonic()
        self.deadline = self.begun + self.wall

    def take_frame(self, body: bytes) -> None:
        del body  # the program does not have the pipe

    def conclude(self) -> int:
        status, cpu = end_all(self.pid)
        self.pipes.close_own_ends()
        seconds = int((time.monotonic() - self.begun) * 1e6)
        numbers = [b"%d" % number for number in (seconds, status, int(cpu * 1e6))]
        answer(b"result", self.how, b"", *self.outputs.values(), *numbers)
        return self.index + 1


def _become(pipes: Pipes, request: dict[str, Any]) -> None:
    try:
        posix.dup2(pipes.stdin[0], 0)
        posix.dup2(pipes.stdout[1], 1)
        posix.dup2(pipes.stderr[1], 2)
        keep_only([])
        for number in (_signal.SIGINT, _signal.SIGPIPE, _signal.SIGXFSZ):
            _signal.signal(number, _signal.SIG_DFL)
        for name, (soft, hard) in request["rlimits"].items():
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (soft, hard))
        words = [word.encode("utf-8", "surrogatepass") for word in request["words"]]
        posix.execve(words[0], words, posix.environ)
    except (OSError, ValueError) as error:
        posix.write(2, f"{request['words'][0]}: {error}".encode())
    finally:
        posix._exit(NOT_FOUND)


def _run(request: dict[str, Any], setup: dict[str, Any]) -> None:
    before = _listing()
    pipes = Pipes()
    pid = posix.fork()
    if pid == 0:
        _become(pipes, request)
    pipes.close_child_ends()
    _CommandWatch(pipes, pid, request, setup).follow(0)
    kept = _left(request["keep"]) if request["keep"] else []
    for name, content in kept:
        answer(b"file", name, content)
    answer(b"end", b"1", b"clean" if _listing() == before else b"used")


def _listing() -> list[tuple[object, ...]]:
    """Everything below the working folder, as far as one run could leave a sign for the next."""
    found: list[tuple[object, ...]] = []
    folders = [WORK]
    while folders and len(found) < MOST_FILES * 4:
        folder = folders.pop()
        found.append(_facts(folder))
        try:
            names = sorted(posix.listdir(folder))
        except OSError:
            continue
        for name in names[:MOST_FILES]:
            path = f"{folder}/{name}"
            facts = _facts(path)
            found.append(facts)
            if len(facts) > 1 and facts[1] == 0o040000:
                folders.append(path)
    return found


def _facts(path: str) -> tuple[object, ...]:
    try:
        seen = posix.lstat(path)
        marks = tuple(posix.listxattr(path, follow_symlinks=False))
    except OSError:
        return (path,)
    kind = seen.st_mode & 0o170000
    return (path, kind, seen.st_mode, seen.st_size, seen.st_mtime_ns, seen.st_nlink, marks)


def _left(place: str) -> list[tuple[bytes, bytes]]:
    """(name, content) of the plain file at `place`, or of those in the folder there and below.

    Everything has ended by now, so nothing changes under our hands; what is no plain file, or is
    beyond the bounds, is left out.
    """
    found = []
    room = MOST_BYTES
    for name in _below(place):
        content = _content(f"{WORK}/{name}", room)
        if content is not None:
            room -= len(content)
            found.append((name.encode("utf-8", "surrogateescape"), content))
    return found


def _below(place: str) -> list[str]:
    """The names of what is in a folder and its folders, links not followed; or the place itself."""
    names: list[str] = []
    folders = [place]
    while folders and len(names) < MOST_FILES:
        folder = folders.pop()
        try:
            if posix.lstat(f"{WORK}/{folder}").st_mode & 0o170000 != 0o040000:
                names.append(folder)
                continue
            inside = sorted(posix.listdir(f"{WORK}/{folder}"), reverse=True)
        except OSError:
            continue
        folders += [f"{folder}/{name}" for name in inside[-MOST_FILES:]]
    return names


def _content(path: str, room: int) -> bytes | None:
    try:
        fd = posix.open(path, _NO_LINK)
    except OSError:
        return None
    try:
        facts = posix.fstat(fd)
        plain = facts.st_mode & 0o170000 == 0o100000
        return _whole(fd, facts.st_size) if plain and facts.st_size <= room else None
    except OSError:
        return None
    finally:
        posix.close(fd)


def _whole(fd: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = posix.read(fd, size - len(data))
        if not part:
            break
        data += part
    return data


def main() -> None:
    """Serve requests until the supervisor closes the pipe."""
    require_first()
    setup = read_message()
    answer(b"ready")
    while True:
        _run(read_message(), setup)


if __name__ == "__main__":
    main()
