# Wants `error`: a sum of 120 000 parts, deeper than ruff's stack.
# attack: python ruff
x = @1+x120000@1
