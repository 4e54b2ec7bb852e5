"""Prints the SQL that the real Alembic sends for each revision file, for tests/alembic_offline.rs: one JSON line a file.

Each file's upgrade() and downgrade() run by themselves in offline mode, as `alembic upgrade --sql` runs them. A function that
needs a database, or fails, is null.
"""

import importlib.util
import io
import json
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


def sent(module, name):
    """The statements of a function, each with whether it is sent inside the run's transaction or outside."""
    if not hasattr(module, name):
        return []
    statements = []
    place = ["inside"]
    context = MigrationContext.configure(
        dialect_name="postgresql",
        opts={"as_sql": True, "output_buffer": io.StringIO(), "literal_binds": True},
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


def main():
    out, sys.stdout = sys.stdout, sys.stderr  # what revisions print is not ours
    for path in sys.stdin.read().splitlines():
        line = {"file": path}
        try:
            module = load(path)
        except Exception as error:
            print(json.dumps({**line, "error": repr(error)}), file=out)
            continue
        for name in ("upgrade", "downgrade"):
            try:
                line[name] = [text for text, _ in sent(module, name)]
            except Exception as error:
                line[name] = None
                line[name + "_error"] = repr(error)[:200]
        print(json.dumps(line), file=out)


if __name__ == "__main__":
    main()
