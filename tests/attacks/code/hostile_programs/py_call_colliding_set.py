# Wants the supervisor's time: a set of colliding numbers where a set is expected.
# attack: python call-set
def answer(n): return {k * (2**61 - 1) for k in range(1, 19990)}
