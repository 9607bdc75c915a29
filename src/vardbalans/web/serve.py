"""Make the store's database ready, and serve the app with waitress.

Django reads its settings once per process, so the store is chosen by the first call here and stays.
"""

import os
from importlib import import_module
from pathlib import Path

import django
import waitress
from django.conf import settings
from django.core.management import call_command

from vardbalans.web import configuration

__all__ = ["prepare", "run"]


def prepare(store: Path) -> None:
    """Set Django up for *store*, keep a signing key there, and bring the database's tables up to date.

    Raises BadInput for a setting that cannot be used.
    """
    os.environ[f"{configuration.PREFIX}DATA_DIR"] = str(store.resolve())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vardbalans.web.settings")
    store.mkdir(parents=True, exist_ok=True)
    configuration.read().keep_signing_key()
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)


def run(store: Path, host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve the app on *host* and *port* until interrupted; calls :func:`prepare` first."""
    prepare(store)
    application = import_module("vardbalans.web.wsgi").application
    proxy = settings.CONFIGURATION.trusted_proxy
    behind = {"trusted_proxy": proxy, "trusted_proxy_headers": "x-forwarded-for x-forwarded-proto"} if proxy else {}
    waitress.serve(application, host=host, port=port, threads=settings.CONFIGURATION.threads, ident=None, **behind)
