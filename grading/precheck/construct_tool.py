"""Which constructs a program uses and on which line first. Runs inside the sandbox: hostile text
can make a parser fall over. It imports nothing but the standard library.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

_WORDS = {
    ast.For: "for",
    ast.AsyncFor: "for",
    ast.While: "while",
    ast.If: "if",
    ast.IfExp: "if",
    ast.Try: "try",
    ast.With: "with",
    ast.AsyncWith: "with",
    ast.Lambda: "lambda",
    ast.ClassDef: "class",
    ast.FunctionDef: "def",
    ast.AsyncFunctionDef: "def",
    ast.Return: "return",
    ast.Raise: "raise",
    ast.Assert: "assert",
    ast.Break: "break",
    ast.Continue: "continue",
    ast.Pass: "pass",
    ast.Delete: "del",
    ast.Global: "global",
    ast.Nonlocal: "nonlocal",
    ast.Match: "match",
    ast.Yield: "yield",
    ast.YieldFrom: "yield",
    ast.Await: "await",
    ast.JoinedStr: "f-string",
    ast.ListComp: "comprehension",
    ast.SetComp: "comprehension",
    ast.DictComp: "comprehension",
    ast.GeneratorExp: "generator",
    ast.AnnAssign: "annotation",
}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def examine(source: str, filename: str) -> dict[str, int]:
    """Construct to line of its first use. Raises SyntaxError for text that is not Python."""
    found: dict[str, int] = {}
    for name, line in _uses(ast.parse(source, filename)):
        found[name] = min(line, found.get(name, line))
    return found


def _uses(tree: ast.Module) -> Iterator[tuple[str, int]]:
    if ast.get_docstring(tree, clean=False) is not None:
        yield "docstring", 1
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 1)
        word = _WORDS.get(type(node))
        if word:
            yield word, line
        for name in _named(node):
            yield name, line


def _named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, _FUNCTIONS):
        yield from _of_function(node)
    elif isinstance(node, ast.ClassDef):
        yield f"class:{node.name}"
        if ast.get_docstring(node, clean=False) is not None:
            yield "docstring"
    elif isinstance(node, ast.Import):
        for alias in node.names:
            yield from _module(alias.name)
    elif isinstance(node, ast.ImportFrom):
        yield from _module(node.module or "")
        for alias in node.names:
            yield f"import:{node.module}.{alias.name}"
    elif isinstance(node, ast.Call):
        yield from _called(node.func)


def _module(name: str) -> Iterator[str]:
    yield "import"
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        yield "import:" + ".".join(parts[:count])


def _of_function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    yield f"def:{node.name}"
    if ast.get_docstring(node, clean=False) is not None:
        yield "docstring"
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    if node.returns is not None or any(argument.annotation for argument in every):
        yield "annotation"
    if any(_calls(inner, node.name) for inner in ast.walk(node)):
        yield "recursion"
        yield f"recursion:{node.name}"
    if any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(node)):
        yield "generator"


def _calls(node: ast.AST, name: str) -> bool:
    if not isinstance(node, ast.Call):
        return False
    target = node.func
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
        return target.attr == name and target.value.id in ("self", "cls")
    return isinstance(target, ast.Name) and target.id == name


def _called(target: ast.expr) -> Iterator[str]:
    names: list[str] = []
    while isinstance(target, ast.Attribute):
        names.append(target.attr)
        target = target.value
    if names:
        yield f"call:.{names[0]}"
    if isinstance(target, ast.Name):
        yield "call:" + ".".join([target.id, *reversed(names)])
    elif isinstance(target, ast.Constant) and names:
        yield f"call:{type(target.value).__name__}.{names[0]}"
