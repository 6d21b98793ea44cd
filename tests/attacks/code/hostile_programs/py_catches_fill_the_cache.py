# Wants the worker's memory: outcomes that are kept hold the largest value there is.
# attack: python catches
def _cograde_tests(space):
    return [chr(0x10FFFF) * 60000 for _ in range(2)]
