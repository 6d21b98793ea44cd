"""Java: a file with a class of its name that has `main`, and others beside it.

The virtual machine reserves gigabytes of addresses, so its own limit and the control group's hold
the memory.
"""

from __future__ import annotations

from pathlib import Path

from rubrics.languages.base import Language, found

_SMALL = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
# Its launcher looks for its libraries beside itself, by way of /proc, which the sandbox has not.
_LIBRARIES = str(Path(found("java") or "/usr/bin/java").parent.parent / "lib")

LANGUAGE = Language(
    code="java",
    name="Java",
    extension=".java",
    programs=("javac", "java"),
    compiled=(*(f"-J{word}" for word in _SMALL), "-d", "classes", "{flags}", "{sources}"),
    artefact="classes",
    run=("java", *_SMALL, "-Xmx{memory_mb}m", "-Xss1m", "-cp", "classes", "{stem}"),
    error=r"^{file}:(?P<line>\d+): error: (?P<message>.*)",
    fault=r"^[ \t]+at [\w.$<>]+\({file}:(?P<line>\d+)\)",
    out_of_memory="java.lang.OutOfMemoryError",
    own_mb=160,
    address_space=False,
    processes=64,
    filename="Main",
    folders=tuple(sorted(str(each) for each in Path("/etc").glob("java-*"))),
    environment=(("LD_LIBRARY_PATH", _LIBRARIES),),
)
