# must fail: other-unit
import sys

UNITS = {"mm": 0.001, "cm": 0.01, "m": 1, "km": 1000}


def to_metres(amount, unit):
    """Return amount, which is in unit, in metres."""
    return amount * UNITS[unit]


if __name__ == "__main__":
    total = 0
    for number, line in enumerate(sys.stdin, 1):
        if line.isspace():
            continue
        words = line.split()
        if len(words) != 3:
            print(f"line {number}: expected label, amount and unit")
            continue
        label, amount, unit = words
        try:
            amount = float(amount)
        except ValueError:
            print(f"line {number}: not a number: {amount}")
        else:
            if unit in UNITS:
                total += to_metres(amount, unit)
                print(f"{label} {to_metres(amount, unit):.2f} m")
            else:
                print(f"line {number}: unknown unit: {unit}")
    print(f"total {total:.2f} m")
