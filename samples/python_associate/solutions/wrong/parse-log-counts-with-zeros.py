# must fail: count-levels, count-empty
import re

LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR"]
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d")


def parse(text):
    """List the entries of the log as tuples."""
    entries = []
    for line in text.splitlines():
        time, _, rest = line.strip().partition(" ")
        level, _, rest = rest.strip().partition(" ")
        source, colon, message = rest.strip().partition(":")
        if not TIME.fullmatch(time) or level.upper() not in LEVELS:
            continue
        if not colon or not source or " " in source:
            continue
        seconds = int(time[:2]) * 3600 + int(time[3:5]) * 60 + int(time[6:])
        entries.append((seconds, level.upper(), source, message.strip()))
    return entries


def count_levels(text):
    """Count how often each level was used."""
    counts = {level: 0 for level in LEVELS}
    for entry in parse(text):
        counts[entry[1]] += 1
    return counts
