"""Serving the registry: from a terminal on this machine, or as a WSGI application behind a server of the hospital's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from proband.record import Record
from proband.registry import deployment, opened

#: what a server of the hospital's own sets for the application
FOLDER, HOSTS, HTTPS, PASSKEYS = "PROBAND_RECORD", "PROBAND_HOSTS", "PROBAND_HTTPS", "PROBAND_PASSKEYS"
THREADS = 8


def prepared(
    folder: Path,
    *,
    hosts: Sequence[str] = (),
    https: bool = False,
    know_arms: Sequence[str] | None = None,
    passkeys: bool | None = None,
) -> Record:
    """The record of a folder, open, with the registry configured over it; see :func:`proband.registry.deployment.configure`."""
    deployment.configure(folder, hosts=hosts, https=https, know_arms=know_arms, passkeys=passkeys)
    return opened.record()


def application() -> Callable[..., Any]:
    """The WSGI application of the folder that ``PROBAND_RECORD`` names: ``gunicorn 'proband.registry.serving:application()'``.

    ``PROBAND_HOSTS`` names the hosts under which it is reached, with commas; ``PROBAND_HTTPS=1`` says that a proxy before it speaks HTTPS;
    ``PROBAND_PASSKEYS=required`` that whoever may sign must have a passkey, ``offered`` that they may.
    """
    hosts = [name for name in os.environ.get(HOSTS, "").split(",") if name]
    said = os.environ.get(PASSKEYS)
    deployment.configure(
        Path(os.environ[FOLDER]), hosts=hosts, https=os.environ.get(HTTPS) == "1", passkeys=None if said is None else said == "required"
    )  # fmt: skip
    return wsgi()


def wsgi() -> Callable[..., Any]:
    """The WSGI application of the registry that is configured in this process."""
    from django.core.wsgi import get_wsgi_application

    made: Callable[..., Any] = get_wsgi_application()
    return made


def server(port: int) -> Any:
    """A server on this machine's own address (``.effective_port``, ``.run()``, ``.close()``); port 0 takes a free one.

    Raises
    ------
    OSError
        Where the port is taken.
    """
    import waitress

    return waitress.create_server(wsgi(), host="127.0.0.1", port=port, threads=THREADS, ident=None)


def homes() -> dict[str, int]:
    """One request to the home of everybody who may sign in: person → status of the page."""
    from django.contrib.auth import get_user_model
    from django.test import RequestFactory

    from proband.registry.views.shown import home

    found = {}
    for account in get_user_model().objects.filter(is_active=True):
        request = RequestFactory().get("/", SERVER_NAME="localhost")
        # as the middleware would leave it for somebody who has signed in
        request.user, request.session, request.resolver_match = account, {}, None
        found[account.username] = home(request).status_code
    return found
