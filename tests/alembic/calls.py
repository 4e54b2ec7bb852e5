"""Prints every call of Python files as Python's own parser reads it, for tests/alembic_reading.rs.

One line for a file, a call and an argument each; offsets count bytes. Calls inside the fields of f-strings are left out.
"""

import ast
import json
import sys


def calls(node):
    if isinstance(node, ast.JoinedStr):
        return
    if isinstance(node, ast.Call):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from calls(child)


def text_of(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return json.dumps(node.value)
    if isinstance(node, ast.JoinedStr) and all(isinstance(part, ast.Constant) for part in node.values):
        return json.dumps("".join(part.value for part in node.values))
    return "-"


def main():
    for path in sys.stdin.read().splitlines():
        data = open(path, "rb").read()
        starts = [0]
        for line in data.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        mark = 3 if data.startswith(b"\xef\xbb\xbf") else 0

        def span(node):
            start = starts[node.lineno - 1] + node.col_offset + (mark if node.lineno == 1 else 0)
            end = starts[node.end_lineno - 1] + node.end_col_offset + (mark if node.end_lineno == 1 else 0)
            return start, end

        print("file", path)
        for call in sorted(calls(ast.parse(data)), key=lambda call: (span(call)[0], -span(call)[1])):
            print("call", *span(call))
            arguments = [(None if not isinstance(a, ast.Starred) else "*", a) for a in call.args]
            arguments = [(name, a.value if name == "*" else a) for name, a in arguments]
            arguments += [(keyword.arg or "**", keyword.value) for keyword in call.keywords]
            for name, value in sorted(arguments, key=lambda argument: span(argument[1])):
                print("argument", name or "-", *span(value), text_of(value))


main()
