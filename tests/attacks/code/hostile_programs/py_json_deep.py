# Wants `error`: JSON as deep as the reader goes, and deeper than the comparison.
# attack: python json-deep
print("[" * 900 + "]" * 900)
