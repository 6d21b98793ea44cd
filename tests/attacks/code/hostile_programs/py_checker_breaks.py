# Wants `error`: an output that the author's checker did not expect.
# attack: python checker
print("not a number")
