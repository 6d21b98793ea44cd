# Wants the worker's time and memory: each of a hundred calls gives a set of colliding numbers.
# attack: python generated
def double(n):
    return {k * (2**61 - 1) for k in range(1, 19990)}
