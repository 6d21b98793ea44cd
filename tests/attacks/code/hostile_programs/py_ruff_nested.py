# Wants `error`: nested so deeply that ruff falls over.
# attack: python ruff
x = @(x100000@1@)x100000@
