# Wants a sealed example that expects an exception to hold although nothing was defined.
# attack: python doctest-raises
raise ValueError("negative")
