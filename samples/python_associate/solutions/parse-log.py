import re
from collections import Counter

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
ENTRY = re.compile(
    r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]) +([A-Za-z]+) +([^ :]+):(.*)"
)


def parse(text):
    """Return one tuple (seconds, level, source, message) for each entry of the log."""
    entries = []
    for line in text.splitlines():
        match = ENTRY.fullmatch(line.strip())
        if match is None:
            continue
        hours, minutes, seconds, level, source, message = match.groups()
        if level.upper() not in LEVELS:
            continue
        since_midnight = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
        entries.append((since_midnight, level.upper(), source, message.strip()))
    return entries


def count_levels(text):
    """Return how many entries the log has of each level that occurs."""
    return dict(Counter(level for _, level, _, _ in parse(text)))
