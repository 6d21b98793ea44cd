# Wants the author's solution: three bytes of it leave as the line number of a SyntaxError, without a flag.
# attack: python catches-leak
import io
def test_double():
    text = io.FileIO("/tmp/solution.py").read()
    number = int.from_bytes(text[:2], "big")
    raise SyntaxError("x", ("test_solution.py", number, 0, ""))
