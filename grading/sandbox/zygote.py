"""The process inside the sandbox: a warmed interpreter that forks for the learner's code.

It is process 1 of its namespace, so nothing that the learner's code does can signal it. It holds
the author's call expressions and the learner's source, never an expected value. Only what the
interpreter has built in is imported, because this file is loaded for every submission.

`commands.py` shares what is not about Python: the messages, the pipes and the watch.

Pipe to and from the supervisor (`session.py`): messages are a 4-byte length and a body. Requests
are JSON objects. Answers are a count byte and that many parts, each a 4-byte length and bytes.

Pipe from a child: frames of a 4-byte length and a body. Calls of one request are made in one
child, in turn, each in a fresh module; the child gets an 8-byte nonce for a call, returns it as
"begun", then returns it with the reply. Whatever else arrives ends the child and fails the call
that was running; the calls after it get a new child. So a reply that is missing, doubled or early
fails the call. Forging one gains nothing: the verdict needs the right value, and that is outside.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import builtins
import gc
import posix
import resource
import select
import sys
import time
from _json import encode_basestring_ascii as quote
from _json import make_scanner

TYPE_CHECKING = False  # the typing module takes longer to load than all else here
if TYPE_CHECKING:
    from typing import Any

    from grading.sandbox.encoding import MEMORY_EXIT, encode, shown, type_name
else:
    from encoding import MEMORY_EXIT, encode, shown, type_name

REPLY_BYTES = 1_500_000
MESSAGE_BYTES = 4_000_000
FRAMES = 8
WORK = "/tmp"  # noqa: S108 - the sandbox's own, and the only place in it that can be written
SETTLE_SECONDS = 1.0  # for a child that has answered to end by itself
_CHUNK = 65_536


class _JsonContext:
    """What the C scanner of the json module asks of its decoder; the module itself loads slowly."""

    strict = False
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float
    memo: dict[str, str] = {}


_execute, _evaluate = exec, eval  # here, inside the sandbox, running code is the task
_scan = make_scanner(_JsonContext())  # type: ignore[arg-type]


def _read_exactly(fd: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = posix.read(fd, size - len(data))
        if not part:
            posix._exit(0)
        data += part
    return data


def read_message() -> Any:
    size = int.from_bytes(_read_exactly(0, 4), "big")
    return _scan(_read_exactly(0, size).decode("utf-8", "surrogatepass"), 0)[0]


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[posix.write(fd, view) :]


def answer(*parts: bytes) -> None:
    body = bytes([len(parts)]) + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    _write_all(1, len(body).to_bytes(4, "big") + body)


# --- the child: the learner's process --------------------------------------------------------


class _Program:
    """The learner's program, and how to start it afresh for each call."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self.source: str = setup["source"]
        self.filename: str = setup["filename"]
        self.prelude: str = setup["prelude"]
        self.seed: int = setup["seed"]
        self.cpu: int = setup["cpu_seconds"]
        # It may change what the next call would find.
        self.alone: bool = setup["alone"] or "builtins" in self.source
        self.code: Any = None
        self.phase = "prelude"

    def load(self, name: str) -> dict[str, Any]:
        """A fresh module that has run the prelude and the learner's source."""
        module = type(sys)(name)
        sys.modules[name] = module
        space = module.__dict__
        space["__builtins__"] = builtins
        space["__file__"] = self.filename
        self.phase = "prelude"
        if self.prelude:
            _execute(compile(self.prelude, "<prelude>", "exec", dont_inherit=True), space)
        self.phase = "compile"
        if self.code is None:
            self.code = compile(self.source, self.filename, "exec", dont_inherit=True)
        self.phase = "source"
        self.reseed()
        _execute(self.code, space)
        self.phase = "call"
        return space

    def reseed(self) -> None:
        random = sys.modules.get("random")
        if random is not None:
            random.seed(self.seed)

    def call(self, expression: str) -> object:
        space = self.load("solution")
        return _evaluate(compile(expression, "<call>", "eval", dont_inherit=True), space)

    def run(self, arguments: list[str]) -> object:
        """The source as a script. Its threads and its own last words belong to it."""
        sys.argv = [self.filename, *arguments]
        try:
            self.load("__main__")
        except SystemExit as end:
            if end.code not in (None, 0):
                raise
        threading = sys.modules.get("threading")
        if threading is not None:
            threading._shutdown()
        atexit = sys.modules.get("atexit")
        if atexit is not None:
            atexit._run_exitfuncs()
        return None


def _examine(tool: str, program: _Program) -> object:
    """A program of ours over the learner's text, which is data here and is not run."""
    program.phase = "compile"
    sys.path.remove(WORK)  # a file of the learner's must not pass for a module of the tool
    space: dict[str, Any] = {"__name__": "tool"}
    _execute(compile(tool, "<tool>", "exec", dont_inherit=True), space)
    return space["examine"](program.source, program.filename)


def _frames(error: BaseException, filename: str) -> list[str]:
    found: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename == filename:
            found.append(f"[{trace.tb_lineno:d},{quote(code.co_name[:100])}]")
            if len(found) > FRAMES:
                del found[1]
        trace = trace.tb_next
    return found


def _line(error: BaseException, filename: str, frames: list[str]) -> str:
    if isinstance(error, SyntaxError) and error.filename == filename:
        return f"{error.lineno:d}" if type(error.lineno) is int else "null"
    return frames[-1][1:].partition(",")[0] if frames else "null"


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"{error.msg}"
    try:
        return str.__str__(str(error))
    except Exception:  # noqa: BLE001 - the learner's code
        return shown(error)


def _described(error: BaseException, program: _Program) -> str:
    frames = _frames(error, program.filename)
    status = "exception"
    if isinstance(error, MemoryError):
        status = "memory"
    elif isinstance(error, SystemExit):
        status = "exit"
    return (
        f'{{"status":"{status}","type":{quote(type_name(error))},'
        f'"message":{quote(_message(error)[:2000])},"phase":"{program.phase}",'
        f'"line":{_line(error, program.filename, frames)},"frames":[{",".join(frames)}]}}'
    )


def _reply_of(work: Any, program: _Program) -> str:
    """The JSON reply of one piece of work, whatever it raises."""
    try:
        return f'{{"status":"ok","value":{encode(work())}}}'
    except BaseException as error:  # noqa: BLE001 - whatever the learner's code does
        return _described(error, program)


class _Surroundings:
    """What a call may change in the interpreter and would pass on to the next call."""

    def __init__(self) -> None:
        self.streams = (sys.stdin, sys.stdout, sys.stderr)
        self.recursion = sys.getrecursionlimit()
        self.path = list(sys.path)

    def restored(self) -> bool:
        """Put back what can be put back; False: the next call needs a new process."""
        untouched = (
            (sys.stdin, sys.stdout, sys.stderr) == self.streams
            and not any(stream.closed for stream in self.streams)
            and sys.path == self.path
            and sys.gettrace() is None
            and sys.getprofile() is None
            and posix.getcwd() == WORK
            and _threads() == 0
            and _signal.getitimer(_signal.ITIMER_REAL)[0] == 0
            and _childless()
        )
        sys.setrecursionlimit(self.recursion)
        return untouched


def _threads() -> int:
    thread = sys.modules.get("_thread")
    return thread._count() if thread is not None else 0


def _childless() -> bool:
    try:
        posix.waitpid(-1, posix.WNOHANG)
    except ChildProcessError:
        return True
    return False


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:  # noqa: SIM105 - contextlib would have to be loaded
            stream.flush()
        except Exception:  # noqa: BLE001, S110 - the learner closed or replaced it; nothing is lost of ours
            pass


class _Child:
    """One forked process: makes its calls in turn and never returns."""

    def __init__(self, program: _Program, request: dict[str, Any], reply: int, go: int) -> None:
        self.program = program
        self.request = request
        self.reply = reply
        self.go = go
        self.cpu = program.cpu

    def live(self, start: int) -> None:
        gc.enable()
        surroundings = _Surroundings()
        works = self.works()[start:]
        hard = len(works) * (self.cpu + 1)
        for work in works:
            nonce = posix.read(self.go, 8)
            if len(nonce) != 8:
                return
            soft = min(hard, int(time.process_time()) + self.cpu)
            resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))
            self.send(nonce)
            text = _reply_of(work, self.program)
            _flush()
            data = text.encode("ascii")
            if len(data) > REPLY_BYTES:
                data = b'{"status":"large"}'
            clean = b"+" if surroundings.restored() and not self.program.alone else b"-"
            self.send(nonce + clean + data)
            sys.modules.pop("solution", None)
            gc.collect()

    def works(self) -> list[Any]:
        request, program = self.request, self.program
        if request["kind"] == "calls":
            return [
                lambda expression=expression: program.call(expression)
                for expression in request["expressions"]
            ]
        if request["kind"] == "run":
            return [lambda: program.run(request["arguments"])]
        return [lambda: _examine(request["tool"], program)]

    def send(self, body: bytes) -> None:
        _write_all(self.reply, len(body).to_bytes(4, "big") + body)


def keep_only(kept: list[int]) -> None:
    """Close every descriptor but these, standard streams included in what is kept."""
    low = 3
    for fd in sorted(kept):
        posix.closerange(low, fd)
        low = fd + 1
    posix.closerange(low, 256)


def _become_child(pipes: Pipes, program: _Program, request: dict[str, Any], start: int) -> None:
    try:
        posix.dup2(pipes.stdin[0], 0)
        posix.dup2(pipes.stdout[1], 1)
        posix.dup2(pipes.stderr[1], 2)
        keep_only([pipes.reply[1], pipes.go[0]])
        _signal.signal(_signal.SIGINT, _signal.default_int_handler)
        _Child(program, request, pipes.reply[1], pipes.go[0]).live(start)
    except MemoryError:
        posix._exit(MEMORY_EXIT)
    finally:
        posix._exit(0)


# --- the parent ------------------------------------------------------------------------------


class Pipes:
    """The pipes to one child; each is (read end, write end)."""

    def __init__(self) -> None:
        self.stdin = posix.pipe()
        self.stdout = posix.pipe()
        self.stderr = posix.pipe()
        self.reply = posix.pipe()
        self.go = posix.pipe()
        for fd in (self.stdin[1], self.stdout[0], self.stderr[0], self.reply[0]):
            posix.set_blocking(fd, False)

    def close_child_ends(self) -> None:
        for fd in (self.stdin[0], self.stdout[1], self.stderr[1], self.reply[1], self.go[0]):
            posix.close(fd)

    def close_own_ends(self) -> None:
        for fd in (self.stdin[1], self.stdout[0], self.stderr[0], self.reply[0], self.go[1]):
            if fd >= 0:
                posix.close(fd)

    def close_stdin(self) -> None:
        posix.close(self.stdin[1])
        self.stdin = (-1, -1)


class Watch:
    """Follows one child until it has ended, and tells the supervisor what became of its calls.

    `state` is "calling" (the nonce is out), "running" (the child has begun), or "settling" (the
    child has nothing more to do). `held` is the reply to the call before `index`: it counts only
    once the child has behaved well beyond it.
    """

    def __init__(self, pipes: Pipes, pid: int, request: dict[str, Any], setup: dict[str, Any]):
        self.pipes = pipes
        self.pid = pid
        self.wall: float = request["wall"]
        self.total: int = request["count"]
        self.output_bytes: int = setup["output_bytes"]
        self.feed = memoryview(request.get("stdin", "").encode("utf-8", "surrogatepass"))
        self.poll = select.poll()
        self.buffer = b""
        self.outputs = {pipes.stdout[0]: b"", pipes.stderr[0]: b""}
        self.held: tuple[bytes, bytes, bytes, float] | None = None
        self.how = b""

    def follow(self, start: int) -> int:
        """Returns the index of the first call that has got no result yet."""
        self.index = start
        self.open_turn(more=True)
        self.pidfd = posix.pidfd_open(self.pid)
        for fd in (self.pidfd, self.pipes.reply[0], *self.outputs):
            self.poll.register(fd, select.POLLIN)
        if self.feed:
            self.poll.register(self.pipes.stdin[1], select.POLLOUT)
        else:
            self.pipes.close_stdin()
        while not self.how:
            left = self.deadline - time.monotonic()
            events = self.poll.poll(left * 1000) if left > 0 else []
            if not events:
                self.how = b"timeout" if self.state == "running" else b"lingers"
            for fd, _event in events:
                self.serve(fd)
        posix.close(self.pidfd)
        return self.conclude()

    def open_turn(self, more: bool) -> None:
        """Hand the child the nonce of its next call, or let it end."""
        self.room = self.output_bytes
        self.begun = time.monotonic()
        if more:
            self.state = "calling"
            self.deadline = self.begun + self.wall
            self.nonce = posix.urandom(8)
            try:  # noqa: SIM105 - contextlib would have to be loaded
                posix.write(self.pipes.go[1], self.nonce)
            except BrokenPipeError:
                pass
        else:
            self.state = "settling"
            self.deadline = self.begun + SETTLE_SECONDS
            posix.close(self.pipes.go[1])
            self.pipes.go = (-1, -1)

    def serve(self, fd: int) -> None:
        if fd == self.pidfd:
            self.take_rest()
            self.how = self.how or b"ended"
        elif fd in self.outputs:
            if self.take_output(fd) == b"":
                self.poll.unregister(fd)
        elif fd == self.pipes.reply[0]:
            if self.take_frames() == b"":
                self.poll.unregister(fd)
        elif fd == self.pipes.stdin[1]:
            self.give_input(fd)

    def give_input(self, fd: int) -> None:
        try:
            self.feed = self.feed[posix.write(fd, self.feed[:_CHUNK]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self.feed = self.feed[:0]
        if not self.feed:
            self.poll.unregister(fd)
            self.pipes.close_stdin()

    def take_output(self, fd: int) -> bytes | None:
        """One read: None when there is nothing now, empty at the end of the stream."""
        part = _read_some(fd)
        if part:
            self.outputs[fd] += part[: self.room]
            if len(part) > self.room:
                self.how = self.how or b"output"
            self.room -= min(self.room, len(part))
        return part

    def take_frames(self) -> bytes | None:
        part = _read_some(self.pipes.reply[0])
        if part:
            self.buffer += part
        while len(self.buffer) >= 4 and not self.how:
            size = int.from_bytes(self.buffer[:4], "big")
            if size > REPLY_BYTES + 16:
                self.how = b"forged"
            if len(self.buffer) < 4 + size:
                break
            body, self.buffer = self.buffer[4 : 4 + size], self.buffer[4 + size :]
            self.take_frame(body)
        return part

    def take_frame(self, body: bytes) -> None:
        if self.state == "calling" and body == self.nonce:
            self.release()
            self.state = "running"
            self.begun = time.monotonic()
            self.deadline = self.begun + self.wall
        elif self.state == "running" and body[:8] == self.nonce and len(body) > 9:
            self.hold(clean=body[8:9] == b"+", reply=body[9:])
        else:
            self.how = b"forged"

    def hold(self, clean: bool, reply: bytes) -> None:
        self.take_outputs()
        if self.how:
            return
        seconds = time.monotonic() - self.begun
        out, err = self.outputs.values()
        self.held = (reply, out, err, seconds)
        self.outputs = dict.fromkeys(self.outputs, b"")
        self.index += 1
        more = clean and self.index < self.total and posix.listdir(WORK) == _START_LISTING
        self.open_turn(more)

    def release(self) -> None:
        """Tell the supervisor the reply that was held."""
        if self.held is not None:
            reply, out, err, seconds = self.held
            self.held = None
            answer(b"result", b"reply", reply, out, err, b"%d" % int(seconds * 1e6), b"0", b"0")

    def take_outputs(self) -> None:
        for fd in self.outputs:
            while self.take_output(fd) and not self.how:
                pass

    def take_rest(self) -> None:
        """The child is gone: read what it left."""
        while not self.how and self.take_frames():
            pass
        self.take_outputs()

    def conclude(self) -> int:
        """End whatever still runs; report the held reply, or the call that went wrong."""
        status, cpu = end_all(self.pid)
        self.pipes.close_own_ends()
        if self.how == b"ended" and self.buffer:
            self.how = b"forged"
        if self.how == b"ended" and self.held is not None:
            self.release()
            return self.index
        if self.held is not None:
            self.index -= 1  # its reply is withdrawn: something followed that must not
        seconds = int((time.monotonic() - self.begun) * 1e6)
        numbers = [b"%d" % number for number in (seconds, status, int(cpu * 1e6))]
        answer(b"result", self.how, b"", *self.outputs.values(), *numbers)
        return self.index + 1


def _read_some(fd: int) -> bytes | None:
    try:
        return posix.read(fd, _CHUNK)
    except BlockingIOError:
        return None


def end_all(pid: int) -> tuple[int, float]:
    """Kill every other process of the namespace; the child's wait status and CPU seconds."""
    _kill_all()
    status, cpu = 0, 0.0
    while True:
        try:
            found, code, usage = posix.wait4(-1, 0)
        except ChildProcessError:
            return status, cpu
        if found == pid:
            status, cpu = code, usage.ru_utime + usage.ru_stime
        _kill_all()


def _kill_all() -> None:
    try:  # noqa: SIM105 - contextlib would have to be loaded
        posix.kill(-1, _signal.SIGKILL)
    except ProcessLookupError:
        pass


_START_LISTING: list[str] = []


def _set_limits(setup: dict[str, Any]) -> None:
    for name, value in setup["rlimits"].items():
        which = getattr(resource, f"RLIMIT_{name}")
        resource.setrlimit(which, (value, value))


def _leave_traces_of_site() -> None:
    """Names that people expect and that only the `site` module, not loaded here, would give."""
    builtins.__dict__.update(exit=sys.exit, quit=sys.exit)


def _warm(modules: list[str]) -> None:
    for name in modules:
        try:  # noqa: SIM105 - contextlib would have to be loaded
            __import__(name)
        except ImportError:
            pass


def require_first() -> None:
    """Outside a sandbox, ending all other processes would mean the machine's."""
    if posix.getpid() != 1:
        posix._exit(1)
    _signal.signal(_signal.SIGINT, _signal.SIG_IGN)


def main() -> None:
    """Serve requests until the supervisor closes the pipe."""
    require_first()
    sys.modules.pop("encoding")
    _leave_traces_of_site()
    setup = read_message()
    _warm(setup["warm"])  # before the learner's files can be imported
    sys.path.insert(0, WORK)
    _START_LISTING.extend(posix.listdir(WORK))
    _set_limits(setup)
    sys.argv = [setup["filename"]]
    program = _Program(setup)
    answer(b"ready")
    gc.freeze()
    gc.disable()
    while True:
        _serve(read_message(), program, setup)


def _serve(request: dict[str, Any], program: _Program, setup: dict[str, Any]) -> None:
    index = request["first"]
    while index < request["count"]:
        pipes = Pipes()
        pid = posix.fork()
        if pid == 0:
            _become_child(pipes, program, request, index)
        pipes.close_child_ends()
        index = Watch(pipes, pid, request, setup).follow(index)
        if posix.listdir(WORK) != _START_LISTING:
            break
    else:
        answer(b"end", b"%d" % index, b"clean")
        return
    answer(b"end", b"%d" % index, b"used")


if __name__ == "__main__":
    main()
