# must fail: empty-lines
import sys

IN_METRES = {"mm": 1e-3, "cm": 1e-2, "m": 1.0, "km": 1e3}


def to_metres(amount, unit):
    """Return the length in metres."""
    return amount * IN_METRES[unit]


def problem_with(words):
    """Return what is wrong with the words of a line, or None."""
    if len(words) != 3:
        return "expected label, amount and unit"
    try:
        float(words[1])
    except ValueError:
        return f"not a number: {words[1]}"
    if words[2] not in IN_METRES:
        return f"unknown unit: {words[2]}"
    return None


def main():
    """Read lengths, write the report."""
    unit = (sys.argv[1:] or ["m"])[0]
    lines = [line.split() for line in sys.stdin if line.strip()]
    total = 0.0
    for number, words in enumerate(lines, start=1):
        problem = problem_with(words)
        if problem:
            print(f"line {number}: {problem}")
            continue
        metres = to_metres(float(words[1]), words[2])
        total += metres
        print(f"{words[0]} {metres / IN_METRES[unit]:.2f} {unit}")
    print(f"total {total / IN_METRES[unit]:.2f} {unit}")


if __name__ == "__main__":
    main()
