"""Django's settings for one registry: made from the folder of its record, and nothing else but the environment of the process.

What is strict is strict by default: every view asks who one is, cookies are the browser's alone, a page may run no script and load nothing
from elsewhere, five wrong passwords lock an account for a quarter of an hour, and so much idle time ends a session.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import django
import orjson
from django.conf import settings

from proband.record.permissions import make_folder, write_private
from proband.registry.sign_on import provider_of_environment

#: after so many seconds without a request a session ends (design choice: a ward's shared screen)
IDLE_SECONDS = 900
#: after so many seconds a session ends however much it is used (design choice: a shift; NIST SP 800-63B asks for at most 24 h)
SESSION_SECONDS = 12 * 3600
#: so many wrong passwords lock an account, for so long (design choice)
WRONG_PASSWORDS, LOCKED_FOR = 5, timedelta(minutes=15)
#: the fewest characters of a password that a person chooses
SHORTEST_PASSWORD = 12
#: bytes and files of one drop at most (design choices: an export of one person, not of a hospital)
DROPPED_BYTES, DROPPED_FILES = 10_000_000, 20
LOCAL = ("localhost", "127.0.0.1", "[::1]")


def configure(
    folder: Path,
    *,
    hosts: Sequence[str] = (),
    https: bool = False,
    know_arms: Sequence[str] | None = None,
    passkeys: bool | None = None,
) -> None:
    """Configure Django for the registry over the record of a folder, and bring its own database up to date.

    Parameters
    ----------
    folder
        The folder of the record; ``registry/`` in it holds the accounts and the secret of the sessions.
    hosts
        Names under which it is reached, besides this machine's own.
    https
        Whether browsers reach it by HTTPS: then cookies travel by nothing else, and the browser remembers it.
    know_arms
        Roles that know who gets what, kept for the next time; ``None``: those that were kept. Where the programme hides it from anybody, every
        other role is shown nothing that could tell.
    passkeys
        Whether whoever may sign anything must do so by a passkey, kept for the next time; ``None``: as it was kept, and at first no.
    """
    own = folder / "registry"
    make_folder(own)
    knowing = _know_arms(own / "know-arms.json", know_arms)
    party = _relying_party(own / "relying-party.json", hosts[0] if hosts and https else LOCAL[0], passkeys)
    settings.configure(**_settings(own, folder, (*LOCAL, *hosts), https, knowing), **party)
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    (own / "registry.db").chmod(0o600)


def _settings(
    own: Path, folder: Path, hosts: Sequence[str], https: bool, know_arms: tuple[str, ...]
) -> dict[str, Any]:
    return {
        "PROBAND_RECORD": folder,
        "PROBAND_KNOW_ARMS": know_arms,
        "PROBAND_IDLE_SECONDS": IDLE_SECONDS,
        "PROBAND_SESSION_SECONDS": SESSION_SECONDS,
        "PROBAND_SIGN_ON": provider_of_environment(),
        "SECRET_KEY": _secret(own / "secret.key"),
        "DEBUG": False,
        "ALLOWED_HOSTS": list(hosts),
        "ROOT_URLCONF": "proband.registry.addresses",
        "INSTALLED_APPS": [
            "django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "axes", "proband.registry",
        ],
        "MIDDLEWARE": [
            "django.middleware.security.SecurityMiddleware",
            "proband.registry.guarding.strict_headers",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "proband.registry.guarding.idle_lock",
            "proband.registry.tokens.bearing",
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
            "proband.registry.guarding.own_password_first",
            "proband.registry.guarding.own_passkey_first",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            "proband.registry.guarding.refusals",
            "axes.middleware.AxesMiddleware",
        ],
        "DATABASES": {
            "default": {
                "ENGINE": "django.db.backends.sqlite3", "NAME": own / "registry.db",
                "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL"},
            }
        },
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
                "OPTIONS": {"context_processors": ["proband.registry.guarding.frame"]},
            }
        ],
        "AUTH_USER_MODEL": "registry.Account",
        "AUTHENTICATION_BACKENDS": [
            "axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend",
        ],
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.ScryptPasswordHasher"],
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": SHORTEST_PASSWORD}},
            {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
            {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
            {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator", "OPTIONS": {"user_attributes": ["username"]}},
        ],
        "AXES_FAILURE_LIMIT": WRONG_PASSWORDS,
        "AXES_COOLOFF_TIME": LOCKED_FOR,
        # by account: whoever tries from many addresses is stopped as well
        "AXES_LOCKOUT_PARAMETERS": ["username"],
        # a failed try is kept with what was sent, and none of what opens anything: also not what somebody beside had typed rightly
        "AXES_SENSITIVE_PARAMETERS": ["username", "ip_address", "second.password", "assertion", "second.assertion", "old", "new", "again", "pin"],
        "AXES_RESET_ON_SUCCESS": True,
        "AXES_ENABLE_ADMIN": False,
        "AXES_VERBOSE": False,
        "AXES_LOCKOUT_CALLABLE": "proband.registry.views.entrance.locked_out",
        "LOGIN_URL": "sign-in",
        "LOGIN_REDIRECT_URL": "home",
        "CSRF_USE_SESSIONS": True,
        "CSRF_FAILURE_VIEW": "proband.registry.views.entrance.forged",
        "SESSION_COOKIE_NAME": "__Host-proband" if https else "proband",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Strict",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_EXPIRE_AT_BROWSER_CLOSE": True,
        "SECURE_SSL_REDIRECT": https,
        "SECURE_HSTS_SECONDS": 31_536_000 if https else 0,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": https,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if https else None,
        "SECURE_REFERRER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "DATA_UPLOAD_MAX_MEMORY_SIZE": 1_000_000,
        # what is dropped is held in memory until it has been looked at: no file of it ever lies in a folder that others share
        "FILE_UPLOAD_HANDLERS": ["django.core.files.uploadhandler.MemoryFileUploadHandler"],
        "FILE_UPLOAD_MAX_MEMORY_SIZE": DROPPED_BYTES,
        "DATA_UPLOAD_MAX_NUMBER_FILES": DROPPED_FILES,
        "DATA_UPLOAD_MAX_NUMBER_FIELDS": 2_000,
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        # what a request held stands in no log: the path of a page at most
        "LOGGING": {"version": 1, "disable_existing_loggers": False, "loggers": {"axes": {"level": "CRITICAL"}}},
        "SILENCED_SYSTEM_CHECKS": ["axes.W003"],
    }  # fmt: skip


def _know_arms(path: Path, said: Sequence[str] | None) -> tuple[str, ...]:
    if said is not None:
        write_private(path, orjson.dumps(sorted(said)))
    return tuple(orjson.loads(path.read_bytes())) if path.exists() else ()


def _relying_party(path: Path, domain: str, required: bool | None) -> dict[str, Any]:
    """For whom passkeys are made: settled when the registry first opens, since another name would make every passkey useless."""
    kept = orjson.loads(path.read_bytes()) if path.exists() else {"id": domain, "required": False}
    kept["required"] = kept["required"] if required is None else required
    write_private(path, orjson.dumps(kept))
    return {"PROBAND_RELYING_PARTY": kept["id"], "PROBAND_PASSKEYS_REQUIRED": kept["required"]}


def _secret(path: Path) -> str:
    """The secret that signs sessions: made once, readable by the owner only."""
    if not path.exists():
        write_private(path, secrets.token_urlsafe(48).encode())
    return path.read_text(encoding="ascii")
