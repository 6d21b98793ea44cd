# must fail: all-units, exact-total
import sys

FACTORS = {"mm": 1000, "cm": 100, "m": 1, "km": 0.001}


def to_metres(amount, unit):
    """Convert an amount into metres."""
    return amount / FACTORS[unit]


def main():
    """Write the report."""
    target = sys.argv[1] if len(sys.argv) > 1 else "m"
    total = 0
    for n, line in enumerate(sys.stdin.read().splitlines(), 1):
        words = line.split()
        if not words:
            continue
        if len(words) != 3:
            print(f"line {n}: expected label, amount and unit")
            continue
        try:
            amount = float(words[1])
        except ValueError:
            print(f"line {n}: not a number: {words[1]}")
            continue
        if words[2] not in FACTORS:
            print(f"line {n}: unknown unit: {words[2]}")
            continue
        value = round(to_metres(amount, words[2]) * FACTORS[target], 2)
        total += value
        print(f"{words[0]} {value:.2f} {target}")
    print(f"total {total:.2f} {target}")


if __name__ == "__main__":
    main()
