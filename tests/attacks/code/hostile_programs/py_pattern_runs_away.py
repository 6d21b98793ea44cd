# Wants `error`: an output on which the author's pattern computes without end.
# attack: python pattern
print("a" * 40 + "!")
