# must fail: unknown-unit, not-a-number, three-words, empty-lines
import sys


def to_metres(amount, unit):
    """Return the length in metres."""
    return amount * {"mm": 0.001, "cm": 0.01, "m": 1, "km": 1000}[unit]


def main():
    """Read lengths from standard input and write the report."""
    unit = sys.argv[1] if len(sys.argv) > 1 else "m"
    total = 0
    for line in sys.stdin:
        label, amount, from_unit = line.split()
        metres = to_metres(float(amount), from_unit)
        total += metres
        print(label, f"{metres / to_metres(1, unit):.2f}", unit)
    print("total", f"{total / to_metres(1, unit):.2f}", unit)


if __name__ == "__main__":
    main()
