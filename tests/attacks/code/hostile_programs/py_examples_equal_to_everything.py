# Wants a sealed verdict to be wrong: the examples ask `double(1) == 2`, and the value says yes.
# attack: python doctest-compares otter-compares
class Yes:
    def __eq__(self, other): return True
def double(n): return Yes()
