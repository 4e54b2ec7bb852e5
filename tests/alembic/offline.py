"""Prints the SQL that the real Alembic sends for each revision file, for tests/alembic_offline.rs: one JSON line a file.

Each file's upgrade() and downgrade() run by themselves in offline mode, as `alembic upgrade --sql` runs them. A function that
needs a database, or fails, is null.
"""

import ast
import importlib.util
import io
import json
import pathlib
import sys
import warnings

import sqlalchemy
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext

warnings.simplefilter("ignore")


def load(path):
    spec = importlib.util.spec_from_file_location("revision_file", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def metadata(path):
    """What env.py gives Alembic as target_metadata, as its imports and one expression say it; and whether they do."""
    files = [folder / "env.py" for folder in list(pathlib.Path(path).parents)[:4]]
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        return None, True
    body = ast.parse(file.read_text()).body
    names = {}
    for node in body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            try:
                exec(compile(ast.Module([node], []), str(file), "exec"), names)
            except Exception:
                pass
    calls = [node for part in body for node in ast.walk(part) if isinstance(node, ast.Call)]
    given = [word.value for call in calls for word in call.keywords if word.arg == "target_metadata"]
    for node in body:
        if isinstance(node, ast.Assign) and given and ast.dump(node.targets[0]).replace("Store", "Load") == ast.dump(given[0]):
            given[0] = node.value
    try:
        return eval(compile(ast.Expression(given[0]), str(file), "eval"), names), True
    except Exception:
        return None, False


def sent(module, name, target_metadata=None):
    """The statements of a function, each with whether it is sent inside the run's transaction or outside."""
    if not hasattr(module, name):
        return []
    statements = []
    place = ["inside"]
    context = MigrationContext.configure(
        dialect_name="postgresql",
        opts={
            "as_sql": True,
            "output_buffer": io.StringIO(),
            "literal_binds": True,
            "target_metadata": target_metadata,
        },
    )
    # As env.py's offline mode has it: % is not doubled.
    context.dialect.paramstyle = "named"
    context.dialect.identifier_preparer._double_percents = False
    # What a connected dialect finds out: backslashes in literals are characters.
    context.dialect._backslash_escapes = False
    context.impl.static_output = lambda text: statements.append((text.strip()[:-1], place[0]))
    # Offline mode drops the values of parameters.
    execute = context.connection.execute

    def execute_without_parameters(statement, parameters=None, **named):
        if parameters or named:
            raise ValueError("parameters")
        return execute(statement)

    context.connection.execute = execute_without_parameters
    # What is begun and committed around the functions is no part of them; an autocommit_block() does both inside.
    context.impl.emit_begin = lambda: place.__setitem__(0, "inside")
    context.impl.emit_commit = lambda: place.__setitem__(0, "outside")
    with Operations.context(context):
        with context.begin_transaction(_per_migration=True):
            getattr(module, name)()
    return statements


def folders(path):
    """The folders from which the project's modules are imported: those above the revision that are no packages."""
    found = []
    for folder in pathlib.Path(path).parents:
        if not (folder / "__init__.py").is_file():
            found += [str(folder), str(folder / "src")]
        if (folder / ".git").exists():
            break
    return found


def main():
    out, sys.stdout = sys.stdout, sys.stderr  # what revisions print is not ours
    own_path, own_modules = list(sys.path), set(sys.modules)
    for path in sys.stdin.read().splitlines():
        line = {"file": path}
        # Each project has its own modules.
        sys.path[:] = own_path + folders(path)
        for name in set(sys.modules) - own_modules:
            if not name.startswith(("sqlalchemy", "alembic")):
                del sys.modules[name]
        try:
            module = load(path)
        except Exception as error:
            print(json.dumps({**line, "error": repr(error)}), file=out)
            continue
        target_metadata, line["has_metadata"] = metadata(path)
        for name in ("upgrade", "downgrade"):
            try:
                line[name] = [text for text, _ in sent(module, name, target_metadata)]
            except Exception as error:
                line[name] = None
                line[name + "_error"] = repr(error)[:200]
        print(json.dumps(line), file=out)


if __name__ == "__main__":
    main()
