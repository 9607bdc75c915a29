"""Make the store's database ready, and serve the app with waitress, a worker for its jobs beside it.

Django reads its settings once per process, so the store is chosen by the first call here and stays.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import Event, Thread

import django
import waitress
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from vardbalans.web import configuration
from vardbalans.web.backup import back_up

__all__ = ["prepare", "run"]

_LOOK_S = 0.5
_KEPT = 3
"""How many backups from before migrations are kept."""
_CONNECTIONS = 4000
"""How many connections are held open at once: a browser keeps up to six, and waitress alone would stop at a hundred."""


def prepare(store: Path) -> None:
    """Set Django up for *store*, keep a signing key there, and bring the database's tables up to date.

    An embedded database that holds anything is backed up first, beside it in ``before-migration``.

    Raises BadInput for a setting that cannot be used.
    """
    os.environ[f"{configuration.PREFIX}DATA_DIR"] = str(store.resolve())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vardbalans.web.settings")
    store.mkdir(parents=True, exist_ok=True)
    configuration.read().keep_signing_key()
    django.setup()
    _migrate(store)


def _migrate(store: Path) -> None:
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    if executor.loader.applied_migrations and connection.vendor == "sqlite":
        heads = settings.CONFIGURATION.heads_file(store)
        back_up(store, heads, store / "before-migration", keep=_KEPT)
    call_command("migrate", interactive=False, verbosity=0)


def run(store: Path, host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve the app on *host* and *port* until interrupted; calls :func:`prepare` first."""
    with _loading():
        prepare(store)
        application = import_module("vardbalans.web.wsgi").application
        import_module(settings.ROOT_URLCONF)  # else the first to ask waits for every page's code
    proxy = settings.CONFIGURATION.trusted_proxy
    behind = {"trusted_proxy": proxy, "trusted_proxy_headers": "x-forwarded-for x-forwarded-proto"} if proxy else {}
    with _worker(store):
        waitress.serve(
            application,
            host=host,
            port=port,
            threads=settings.CONFIGURATION.threads,
            connection_limit=_CONNECTIONS,
            asyncore_use_poll=True,  # select() cannot watch more than a thousand
            ident=None,
            **behind,
        )


@contextmanager
def _loading() -> Iterator[None]:
    """Load without looking for garbage, and never look again among what was loaded: it stays as long as the process."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def _worker(store: Path) -> Iterator[None]:
    """Keep a worker running, as a process of its own, until the block ends.

    It watches its standard input, so it ends when this process does, however that dies. It is a new program and no
    fork: the lake's runtime does not survive one.
    """
    over = Event()
    keeper = Thread(target=_keep_worker, args=(store, over), name="worker", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _keep_worker(store: Path, over: Event) -> None:
    """Start a worker, and another when it has died, until *over*."""
    command = [sys.executable, "-m", "vardbalans.web.worker", str(store)]
    while not over.is_set():
        with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as process:  # noqa: S603 - ours
            while process.poll() is None and not over.wait(_LOOK_S):
                pass
            # Leaving the block closes the worker's standard input, and waits for it to end in order.
        over.wait(_LOOK_S)
