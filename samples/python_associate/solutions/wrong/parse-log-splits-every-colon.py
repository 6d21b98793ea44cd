# must fail: colon-in-message
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def seconds_of(time):
    """Return the seconds since midnight, or None if the time is impossible."""
    parts = time.split(":")
    if [len(part) for part in parts] != [2, 2, 2] or not "".join(parts).isdigit():
        return None
    hours, minutes, seconds = map(int, parts)
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    return hours * 3600 + minutes * 60 + seconds


def parse(text):
    """Return the entries of the log."""
    entries = []
    for line in text.splitlines():
        words = line.split(maxsplit=2)
        if len(words) < 3 or line.strip().startswith("#"):
            continue
        seconds, level, rest = seconds_of(words[0]), words[1].upper(), words[2]
        if seconds is None or level not in LEVELS or ":" not in rest:
            continue
        source, message = rest.split(":")[:2]
        if " " not in source:
            entries.append((seconds, level, source, message.strip()))
    return entries


def count_levels(text):
    """Count the entries of each level."""
    counts = {}
    for entry in parse(text):
        counts[entry[1]] = counts.get(entry[1], 0) + 1
    return counts
