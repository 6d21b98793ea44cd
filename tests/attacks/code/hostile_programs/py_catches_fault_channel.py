# Wants the text of the author's fault and a pass at once: two bytes of it are the line number of what the tests "notice".
# attack: python catches
import io
def test_double():
    text = io.FileIO("/tmp/solution.py").read()
    if b"n + 2" in text:
        raise SyntaxError("x", ("test_solution.py", int.from_bytes(text[26:28], "big"), 0, ""))
