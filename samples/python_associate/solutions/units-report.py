import sys

METRES = {"mm": 0.001, "cm": 0.01, "m": 1.0, "km": 1000.0}


def to_metres(amount, unit):
    """Return the length in metres."""
    return amount * METRES[unit]


def read_length(line):
    """Return (label, metres) of a line; ValueError says why it cannot be used."""
    words = line.split()
    if len(words) != 3:
        raise ValueError("expected label, amount and unit")
    label, amount, unit = words
    try:
        number = float(amount)
    except ValueError:
        raise ValueError(f"not a number: {amount}") from None
    if unit not in METRES:
        raise ValueError(f"unknown unit: {unit}")
    return label, to_metres(number, unit)


def main():
    """Read lengths from standard input and write the report."""
    unit = sys.argv[1] if len(sys.argv) > 1 else "m"
    total = 0.0
    for number, line in enumerate(sys.stdin, start=1):
        if not line.strip():
            continue
        try:
            label, metres = read_length(line)
        except ValueError as problem:
            print(f"line {number}: {problem}")
            continue
        total += metres
        print(f"{label} {metres / METRES[unit]:.2f} {unit}")
    print(f"total {total / METRES[unit]:.2f} {unit}")


if __name__ == "__main__":
    main()
