# must fail: fresh-list (and lint: B006)
import re

ENTRY = re.compile(
    r"([01]\d|2[0-3]):([0-5]\d):([0-5]\d) +(DEBUG|INFO|WARNING|ERROR) +([^ :]+):(.*)",
    re.IGNORECASE,
)


def parse(text, entries=[]):
    """Return the entries of the log."""
    for line in text.splitlines():
        found = ENTRY.fullmatch(line.strip())
        if found:
            h, m, s, level, source, message = found.groups()
            seconds = int(h) * 3600 + int(m) * 60 + int(s)
            entries.append((seconds, level.upper(), source, message.strip()))
    return entries


def count_levels(text):
    """Count the entries of each level."""
    levels = [entry[1] for entry in parse(text, [])]
    return {level: levels.count(level) for level in set(levels)}
