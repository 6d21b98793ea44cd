"""The programs that we are held against, in an environment of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "peers.txt"
HOME = ROOT / ".local" / "peers"


def python() -> Path:
    """The interpreter that has them; made at first use, and anew when the lock has changed."""
    interpreter = HOME / "bin" / "python"
    made_for = HOME / "made-for"
    wanted = LOCK.read_text()
    if made_for.exists() and made_for.read_text() == wanted:
        return interpreter
    print("installing the programs to compare with (once) …", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(HOME)], check=True)
    install = [str(interpreter), "-m", "pip", "install", "-qqq", "--require-hashes"]
    subprocess.run([*install, "-r", str(LOCK)], check=True)
    made_for.write_text(wanted)
    return interpreter
