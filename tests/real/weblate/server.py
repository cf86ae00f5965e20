"""A real Weblate server for the tests, from pinned packages, on private ports below one private directory.

Usage: server.py start DIRECTORY | stop DIRECTORY | environment

``environment`` makes the virtual environment (once, in .cache/weblate). ``start`` prints the address and a token as
JSON and leaves the server running; ``stop`` ends it by its process ids.
"""

import argparse
import contextlib
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = Path(os.environ.get("VIRTSMITH_WEBLATE_ENV") or ROOT / ".cache" / "weblate")
DEBIAN_PACKAGES = [
    "postgresql",
    "redis-server",
    "gettext",
    "git",
    "pkg-config",
    "build-essential",
    "python3-dev",
    "python3-venv",
    "libgirepository1.0-dev",
    "libcairo2-dev",
    "gir1.2-pango-1.0",
    "gir1.2-rsvg-2.0",
    "libacl1-dev",
    "liblz4-dev",
    "libzstd-dev",
    "libxxhash-dev",
    "libssl-dev",
    "libpq-dev",
]
PYTHON_PACKAGES = ("weblate[postgres]==5.14.3", "PyGObject<3.51", "gunicorn")

SETTINGS = """
from weblate.settings_example import *
DATABASES["default"].update(HOST="127.0.0.1", PORT="{database}", NAME="weblate", USER="weblate", PASSWORD="")
CACHES["default"]["LOCATION"] = "redis://127.0.0.1:{redis}/1"
CELERY_BROKER_URL = CELERY_RESULT_BACKEND = "redis://127.0.0.1:{redis}/2"
CELERY_TASK_ALWAYS_EAGER = CELERY_TASK_EAGER_PROPAGATES = True
SITE_DOMAIN = "127.0.0.1:{web}"
SITE_URL = "http://127.0.0.1:{web}"
DATA_DIR = "{directory}/data"
CACHE_DIR, MEDIA_ROOT, STATIC_ROOT = DATA_DIR + "/cache", DATA_DIR + "/media", DATA_DIR + "/static"
SECRET_KEY = "{secret}"
DEBUG = COMPRESS_OFFLINE = ENABLE_AVATARS = ENABLE_HTTPS = False
ALLOWED_HOSTS = ["*"]
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
OTP_WEBAUTHN_RP_ID = "localhost"
OTP_WEBAUTHN_ALLOWED_ORIGINS = ["https://localhost"]
SILENCED_SYSTEM_CHECKS = [*SILENCED_SYSTEM_CHECKS, "otp_webauthn.E010", "otp_webauthn.E031"]
VCS_ALLOW_SCHEMES = {{"https", "ssh", "file"}}
VCS_ALLOW_HOSTS = set()
VCS_FILE_PROTOCOL = True
"""

MAKE_KEY = """
from weblate.auth.models import User
from rest_framework.authtoken.models import Token
print("TOKEN", Token.objects.get_or_create(user=User.objects.get(username="admin"))[0].key)
"""


def say(text: str) -> None:
    sys.stderr.write(f"[{time.monotonic() - STARTED:5.1f} s] {text}\n")


STARTED = time.monotonic()


def make_environment() -> None:
    """Install the pinned packages; as root also the Debian packages that they need."""
    if (ENVIRONMENT / "bin" / "weblate").exists():
        return
    if os.geteuid() == 0 and not _system_is_ready():
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "-qq", "update"], check=True)
        install = ["apt-get", "-qq", "install", "-y", "--no-install-recommends", *DEBIAN_PACKAGES]
        subprocess.run(install, check=True, env=environment, stdout=subprocess.DEVNULL)
        say("Debian packages are there")
    subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
    pins = ROOT / "requirements" / "weblate.txt"
    python = ENVIRONMENT / "bin" / "python"
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    installer = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install", "-q"]
    subprocess.run([*installer, "-c", pins, *PYTHON_PACKAGES], check=True, stdout=sys.stderr)
    say("Weblate is installed")


def _system_is_ready() -> bool:
    found = subprocess.run(["dpkg", "-s", *DEBIAN_PACKAGES], capture_output=True, check=False)
    return found.returncode == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _postgres(program: str) -> str:
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return shutil.which(program, path=os.pathsep.join([*map(str, places), os.environ["PATH"]])) or program


def _as_nobody(command: list[str], **options) -> None:
    """The database refuses to run as root."""
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        options.update(user=user.pw_uid, group=user.pw_gid, extra_groups=[])
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **options)


def start(directory: Path) -> dict[str, str]:
    make_environment()
    directory.mkdir(parents=True)
    directory.chmod(0o755)
    ports = {name: _free_port() for name in ("database", "redis", "web")}
    _start_database(directory, ports["database"])
    redis = ["redis-server", "--bind", "127.0.0.1", "--port", str(ports["redis"]), "--save", "", "--appendonly", "no"]
    redis += ["--daemonize", "yes", "--dir", str(directory), "--pidfile", str(directory / "redis.pid")]
    subprocess.run(redis, check=True, stdout=subprocess.DEVNULL)
    settings = SETTINGS.format(directory=directory, secret=secrets.token_hex(25), **ports)
    (directory / "wlsettings.py").write_text(settings)
    for name in ("home", "data"):
        (directory / name).mkdir()
    environment = {
        **os.environ,
        "PYTHONPATH": str(directory),
        "DJANGO_SETTINGS_MODULE": "wlsettings",
        "HOME": str(directory / "home"),
        "PATH": f"{ENVIRONMENT / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }
    with (directory / "server.log").open("w") as log:
        options = {"env": environment, "cwd": directory, "stderr": log}
        weblate = str(ENVIRONMENT / "bin" / "weblate")
        subprocess.run([weblate, "migrate", "--noinput"], check=True, stdout=log, **options)
        say("migrated")
        admin = ["createadmin", "--username", "admin", "--password", secrets.token_hex(16), "--email", "a@example.com"]
        subprocess.run([weblate, *admin], check=True, stdout=log, **options)
        done = subprocess.run(
            [weblate, "shell"], input=MAKE_KEY, text=True, stdout=subprocess.PIPE, check=True, **options
        )
        token = next(line.split()[-1] for line in done.stdout.splitlines() if "TOKEN " in line)
        say("administrator and token made")
        command = [str(ENVIRONMENT / "bin" / "gunicorn"), "-w", "2", "-b", f"127.0.0.1:{ports['web']}"]
        command += ["--timeout", "900", "--pid", str(directory / "web.pid"), "weblate.wsgi"]
        subprocess.Popen(command, stdout=log, start_new_session=True, **options)
    address = f"http://127.0.0.1:{ports['web']}"
    _wait_until_healthy(address)
    say("Weblate answers")
    return {"url": address, "token": token}


def _start_database(directory: Path, port: int) -> None:
    place, sockets = directory / "pg", directory / "sockets"
    for path in (place, sockets):
        path.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(path, "postgres", "postgres")
    locale = {"env": {**os.environ, "LC_ALL": "C.UTF-8"}}
    _as_nobody([_postgres("initdb"), "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-D", str(place)], **locale)
    fast = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {sockets} {fast}"
    _as_nobody(
        [_postgres("pg_ctl"), "-w", "-D", str(place), "-l", str(place / "log"), "-o", options, "start"], **locale
    )
    owner = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    common = ["-h", "127.0.0.1", "-p", str(port), "-U", owner]
    _as_nobody([_postgres("createuser"), *common, "--superuser", "weblate"])
    _as_nobody([_postgres("createdb"), *common, "-O", "weblate", "weblate"])
    say("database is there")


def _wait_until_healthy(address: str) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/healthz/", timeout=10) as answer:  # noqa: S310 - our own server
                if answer.status == 200:
                    return
        except OSError:
            pass
        time.sleep(0.5)
    raise SystemExit("Weblate does not answer; see server.log")


def stop(directory: Path) -> None:
    for name in ("web.pid", "redis.pid"):
        path = directory / name
        if path.exists():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(path.read_text()), signal.SIGTERM)
    if (directory / "pg").is_dir():
        _as_nobody([_postgres("pg_ctl"), "-D", str(directory / "pg"), "-m", "immediate", "stop"])
    say("stopped")


def main() -> None:
    parser = argparse.ArgumentParser(description="A real Weblate server for the tests.")
    parser.add_argument("action", choices=["start", "stop", "environment"])
    parser.add_argument("directory", nargs="?", type=Path)
    arguments = parser.parse_args()
    if arguments.action == "environment":
        make_environment()
    elif arguments.action == "start":
        sys.stdout.write(json.dumps(start(arguments.directory.resolve())) + "\n")
    else:
        stop(arguments.directory.resolve())


if __name__ == "__main__":
    main()
