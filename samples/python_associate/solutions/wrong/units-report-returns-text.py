# must fail: all-units, other-unit, exact-total, to-metres
import sys

FACTORS = {"mm": 0.001, "cm": 0.01, "m": 1, "km": 1000}


def to_metres(amount, unit):
    """Return the length in metres, ready for printing."""
    return f"{amount * FACTORS[unit]:.2f}"


def main():
    """Read lengths from standard input and write the report."""
    total = 0.0
    for number, line in enumerate(sys.stdin, start=1):
        words = line.split()
        if len(words) == 3:
            label, amount, unit = words
            try:
                metres = to_metres(float(amount), unit)
            except ValueError:
                print(f"line {number}: not a number: {amount}")
            except KeyError:
                print(f"line {number}: unknown unit: {unit}")
            else:
                print(label, metres, "m")
                total += float(metres)
        elif words:
            print(f"line {number}: expected label, amount and unit")
    print(f"total {total:.2f} m")


if __name__ == "__main__":
    main()
