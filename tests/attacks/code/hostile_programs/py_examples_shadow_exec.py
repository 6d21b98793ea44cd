# Wants a sealed verdict to be wrong: its own `exec` shows True wherever two things are compared.
# attack: python doctest-compares otter-compares
import sys
_said = [""]
def exec(code, space): pass
def compile(source, *rest): _said[0] = "True\n" if "==" in source else ""; return source
class _Out:
    def getvalue(self): return _said[0]
def __import__(name):
    class M: pass
    m = M(); m.StringIO = _Out
    class R:
        def __init__(self, out): pass
        def __enter__(self): pass
    m.redirect_stdout = R
    return m
