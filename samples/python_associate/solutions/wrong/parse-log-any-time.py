# must fail: impossible-time
LEVELS = {"DEBUG", "INFO", "WARNING", "ERROR"}


def parse(text):
    """Return a list of (seconds, level, source, message)."""
    entries = []
    for line in text.splitlines():
        try:
            time, level, rest = line.split(None, 2)
            hours, minutes, seconds = [int(part) for part in time.split(":")]
            source, message = rest.split(":", 1)
        except ValueError:
            continue
        if level.upper() in LEVELS and len(source.split()) == 1:
            total = hours * 60 * 60 + minutes * 60 + seconds
            entries.append((total, level.upper(), source, message.strip()))
    return entries


def count_levels(text):
    """Return a dictionary of levels and how often they occur."""
    found = [level for _, level, _, _ in parse(text)]
    return {level: found.count(level) for level in LEVELS if level in found}
