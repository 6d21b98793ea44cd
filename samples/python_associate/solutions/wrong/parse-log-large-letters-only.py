# must fail: letter-case, count-levels
import re

PATTERN = (
    r"^([01]\d|2[0-3]):([0-5]\d):([0-5]\d)\s+(DEBUG|INFO|WARNING|ERROR)\s+"
    r"([^\s:]+):(.*)$"
)


def parse(text):
    """Give back a tuple for each line that is an entry."""
    result = []
    for raw in text.split("\n"):
        match = re.match(PATTERN, raw.strip())
        if not match:
            continue
        seconds = 0
        for part in match.group(1, 2, 3):
            seconds = seconds * 60 + int(part)
        result.append((seconds, match.group(4), match.group(5), match.group(6).strip()))
    return result


def count_levels(text):
    """Give back the number of entries of each level."""
    result = {}
    for _, level, _, _ in parse(text):
        result.setdefault(level, 0)
        result[level] += 1
    return result
