# must fail: one-entry, seconds
import re

LINE = r"\s*([01]\d|2[0-3]):([0-5]\d):([0-5]\d) +(\w+) +([^ :]+):(.*)"


def parse(text):
    """Return what the log says, as tuples."""
    entries = []
    for line in text.splitlines():
        match = re.match(LINE, line)
        if match and match[4].upper() in ("DEBUG", "INFO", "WARNING", "ERROR"):
            seconds = int(match[1]) * 3600 + int(match[2]) + int(match[3])
            entries.append((seconds, match[4].upper(), match[5], match[6].strip()))
    return entries


def count_levels(text):
    """Return the number of entries by level."""
    counts = {}
    for _, level, _, _ in parse(text):
        counts[level] = counts.get(level, 0) + 1
    return counts
