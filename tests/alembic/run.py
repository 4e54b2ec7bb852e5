"""The real Alembic, in one process for many projects: reads a job a line as JSON and answers each with a line, for
tests/bench/alembic.rs.

    {"environment": "generic"}                       -> {"env.py": what `alembic init` writes, "script.py.mako": ..., "version": "1.20.1"}
    {"steps": PROJECT, "between": [ID, ID]}          -> {"steps": [[ID, PATH, [[SQL, "outside" or "inside"], ...] of upgrade(),
                                                                     the same of downgrade()], ...]}
    {"compile": [FILE, ...]}                         -> {}  or the first error
    {"script": PROJECT, "range": "a:b"}              -> {"script": what `alembic upgrade a:b --sql` prints}
    {"folder": PROJECT, "url": URL, "do": [[COMMAND, ARGUMENT, ...], ...]}
                                                     -> {"ran": ["a -> b", ...]}

The commands are those of Alembic's command line: upgrade, downgrade, stamp, check, and revision, which is always
--autogenerate. The first one that fails ends a job; its error is the answer's "error".
"""

import contextlib
import io
import json
import logging
import os
import sys
import traceback
import warnings

sys.dont_write_bytecode = True

import alembic
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

import offline


class Ran(logging.Handler):
    """Keeps which revisions were run."""

    def __init__(self):
        super().__init__(logging.INFO)
        self.steps = []

    def emit(self, record):
        text = record.getMessage()
        if text.startswith("Running "):
            self.steps.append(text.split(None, 2)[2].split(",", 1)[0])


RAN = Ran()


def configuration(project, url=""):
    config = Config(os.path.join(project, "alembic.ini"), stdout=io.StringIO())
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    # The stock env.py configures logging from the file, which would take away our handler.
    config.config_file_name = None
    return config


def run(job):
    config = configuration(job["folder"], job["url"])
    RAN.steps = []
    sys.modules.pop("models", None)
    sys.path.insert(0, job["folder"])
    try:
        for name, *arguments in job["do"]:
            if name == "revision":
                command.revision(config, arguments[0], autogenerate=True)
            else:
                getattr(command, name)(config, *arguments)
    finally:
        sys.path.remove(job["folder"])
    return {"ran": RAN.steps}


def steps(project, between):
    before, last = between
    folder = ScriptDirectory.from_config(configuration(project))
    chain = reversed(list(folder.iterate_revisions(last, before)))
    return {"steps": [[one.revision, one.path, sent(one.module, "upgrade"), sent(one.module, "downgrade")] for one in chain]}


def sent(module, function):
    """What a function of it sends; nothing where it asks the database first."""
    try:
        return offline.sent(module, function)
    except Exception:
        return []


def script(project, between):
    config = configuration(project, "postgresql+psycopg2://")
    config.output_buffer = io.StringIO()
    sys.modules.pop("models", None)
    sys.path.insert(0, project)
    try:
        command.upgrade(config, between, sql=True)
    finally:
        sys.path.remove(project)
    return {"script": config.output_buffer.getvalue()}


def compiled(files):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for path in files:
            with open(path, encoding="utf-8") as file:
                compile(file.read(), path, "exec")
    return {}


def environment(template):
    written = {"version": alembic.__version__}
    for name in ("env.py", "script.py.mako"):
        path = os.path.join(Config().get_template_directory(), template, name)
        with open(path, encoding="utf-8") as file:
            written[name] = file.read()
    return written


def answer(job):
    if "environment" in job:
        return environment(job["environment"])
    if "compile" in job:
        return compiled(job["compile"])
    if "script" in job:
        return script(job["script"], job["range"])
    if "steps" in job:
        return steps(job["steps"], job["between"])
    return run(job)


def main():
    logger = logging.getLogger("alembic.runtime.migration")
    logger.setLevel(logging.INFO)
    logger.addHandler(RAN)
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        said = io.StringIO()  # what Alembic and the revisions print
        try:
            with contextlib.redirect_stdout(said):
                answered = answer(json.loads(line))
        except Exception:
            answered = {"ran": RAN.steps, "error": traceback.format_exc(limit=-4) + said.getvalue()}
        print(json.dumps(answered), flush=True)


main()
