# must fail: extra-spaces, empty-message, not-an-entry, impossible-time, count-levels
def parse(text):
    """Turn the lines into tuples."""
    entries = []
    for line in text.splitlines():
        if line.strip() == "" or line.strip().startswith("#"):
            continue
        time, level, rest = line.split(" ", 2)
        hours, minutes, seconds = time.split(":")
        source, message = rest.split(": ", 1)
        since = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
        entries.append((since, level.upper(), source, message))
    return entries


def count_levels(text):
    """Count the levels."""
    counts = {}
    for entry in parse(text):
        counts[entry[1]] = counts.get(entry[1], 0) + 1
    return counts
