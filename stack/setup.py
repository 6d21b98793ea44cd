"""Getting a checkout ready: the virtual environment, its packages, the system's packages.

Runs under the system's Python before anything is installed: standard library only.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from stack.errors import StackError
from stack.sharing import locked
from stack.state import CHECKOUT, State

VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "cograde-packages.txt"
REQUIREMENTS = CHECKOUT / "requirements"
OLDEST_PYTHON = (3, 11)
# Development holds the same pins as demo and more, so a demo after a test changes nothing.
SERVED_BY = {"demo": ("demo", "development"), "development": ("development",)}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_PACKAGES = ["chromium", "fonts-dejavu-core", "fonts-liberation"]


def require_python() -> None:
    """StackError when this interpreter is too old or cannot make virtual environments."""
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        raise StackError(
            f"Python {wanted} or later is needed and `python3` is "
            f"{sys.version_info[0]}.{sys.version_info[1]}. Install a newer Python, or type "
            f"`make PYTHON3=python{wanted} …` when you have one under another name."
        )


def packages(wanted: str) -> None:
    """Make `.venv` hold the pins of requirements/`wanted`.txt (`demo` or `development`).

    Returns at once when it does. An interrupted installation is taken up again.
    """
    state = State()
    state.prepare()
    with locked(state.root / "setup.lock"):
        if _interpreter_works() and _installed() in {_stamp(name) for name in SERVED_BY[wanted]}:
            return
        state.require_space()
        if not _interpreter_works():
            _make_environment(state)
        STAMP.unlink(missing_ok=True)
        _run(
            [
                str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
                "--progress-bar=off", "--require-hashes", "--no-deps",
                "--requirement", str(REQUIREMENTS / f"{wanted}.txt"),
            ],
            state.logs / "packages.log",
            f"The Python packages of requirements/{wanted}.txt cannot be installed",
        )  # fmt: skip
        STAMP.write_text(_stamp(wanted), encoding="ascii")


def system_packages(*, browser: bool) -> None:
    """Install what the sandbox needs, and a browser for the tests, when they are missing."""
    missing = []
    if sys.platform == "linux":
        missing += [] if shutil.which("bwrap") else ["bubblewrap"]
        missing += [] if _loads("libseccomp.so.2") else ["libseccomp2"]
    if browser and browser_program() is None:
        missing += BROWSER_PACKAGES
    if missing:
        _apt_install(missing)


def browser_program() -> str | None:
    """The path of the Chromium or Chrome that the tests drive, or None when there is none."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _interpreter_works() -> bool:
    """Whether `.venv` has a Python that starts; an upgrade of the system can take it away."""
    if not PYTHON.exists():
        return False
    command = [str(PYTHON), "-c", "import pip"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _make_environment(state: State) -> None:
    if importlib.util.find_spec("ensurepip") is None:
        raise StackError(
            "Python cannot make virtual environments here. Type: sudo apt-get install python3-venv"
        )
    _run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        state.logs / "packages.log",
        f"The virtual environment {VENV} cannot be made",
    )


def _installed() -> str:
    return STAMP.read_text(encoding="ascii") if STAMP.exists() else ""


def _stamp(name: str) -> str:
    digest = hashlib.sha256((REQUIREMENTS / f"{name}.txt").read_bytes()).hexdigest()
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return f"{name} {digest} python {version}\n"


def _apt_install(missing: list[str]) -> None:
    by_hand = f"sudo apt-get install {' '.join(missing)}"
    apt = shutil.which("apt-get")
    if apt is None:
        raise StackError(
            f"Missing on this machine: {', '.join(missing)}. Install them with the package "
            "manager of your system, then type the same command again."
        )
    log = State().logs / "system-packages.log"
    install = [*_as_root(by_hand), apt, "install", "--yes", "--no-install-recommends", *missing]
    try:
        _run(install, log, "")
    except StackError:  # the package lists may be old or absent, as on a new machine
        failed = f"{', '.join(missing)} cannot be installed. Type: {by_hand}. The reason"
        _run([*_as_root(by_hand), apt, "update"], log, failed)
        _run(install, log, failed)


def _as_root(by_hand: str) -> list[str]:
    """What makes a command root's; `sudo` asks for a password only where it can be typed."""
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive"]
    if os.geteuid() == 0:
        return quiet
    sudo = shutil.which("sudo")
    if sudo is None:
        raise StackError(f"A package of the system is missing. Type as root: {by_hand[5:]}")
    return [sudo, *([] if sys.stdin.isatty() else ["-n"]), *quiet]


def _run(command: list[str], log: Path, failure: str) -> None:
    """Run a command into a log; StackError with the line that tells why it failed."""
    State().prepare()
    with log.open("w+", encoding="utf-8", errors="replace") as output:
        done = subprocess.run(
            command, stdin=None if sys.stdin.isatty() else subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        output.seek(0)
        lines = [line.strip() for line in output if line.strip()]
    if done.returncode != 0:
        telling = [line for line in lines if line.lower().startswith(("error", "e:", "sudo:"))]
        reason = (telling or lines or ["it wrote nothing"])[-1]
        raise StackError(f"{failure}: {reason} (all of it: {log})")
