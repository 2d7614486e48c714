"""A real Label Studio server for tests: installed once into an environment of its own, started once a test run."""

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx

VERSION = "1.23.2"
CACHE = Path.home() / ".cache" / "policytag-tests"
EMAIL, PASSWORD, TOKEN = "first@example.org", "a-pass-word-1", "1" * 40
_SETTINGS = {
    "LABEL_STUDIO_USERNAME": EMAIL,
    "LABEL_STUDIO_PASSWORD": PASSWORD,
    "LABEL_STUDIO_USER_TOKEN": TOKEN,
    "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",  # acts only when the organisation is made
    "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
    "COLLECT_ANALYTICS": "false",
    "LATEST_VERSION_CHECK": "false",
    "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "",
    "USE_DEFAULT_BANNED_SUBNETS": "false",  # a backend may live on 127.0.0.1
    "fflag_feat_utc_210_prediction_validation_15082025": "true",  # bad predictions become clear answers
}


@dataclass(frozen=True)
class Server:
    """A running server: its address, and the token of its first user."""

    url: str
    token: str
    log: Path

    def request(self, method: str, path: str, *, token: str = TOKEN, **options) -> httpx.Response:
        answer = httpx.request(
            method, f"{self.url}{path}", headers={"Authorization": f"Token {token}"}, timeout=120, **options
        )
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer

    def new_user(self, email: str) -> str:
        """Sign a user up, as a person does with the link that the first one sends; give the user's token."""
        invitation = self.request("GET", "/api/invite").json()["invite_url"]
        with httpx.Client(base_url=self.url, follow_redirects=True, timeout=120) as browser:
            browser.get(invitation)
            form = {"email": email, "password": PASSWORD, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
            browser.post(invitation, data=form, headers={"Referer": self.url})
            return browser.get("/api/current-user/token").json()["token"]


@cache
def running() -> Server:
    """Give the server of this test run, started when it is first wanted and stopped when the run ends."""
    context = _server(_template())
    server = context.__enter__()
    atexit.register(context.__exit__, None, None, None)
    return server


def _installed() -> Path:
    """Give the Python of an environment that has the server, made when it is first wanted: about 800 MB."""
    place = CACHE / f"label-studio-{VERSION}"
    if not (place / "bin" / "python").exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".installing-", dir=CACHE))
        subprocess.run([sys.executable, "-m", "venv", draft], check=True)
        command = [draft / "bin" / "python", "-m", "pip", "install", "--quiet", f"label-studio=={VERSION}"]
        subprocess.run(command, check=True)
        _settle(draft, place)
    return place / "bin" / "python"


def _template() -> Path:
    """Give a data directory as the first start leaves it, migrated and with the first user: ten times faster."""
    place = CACHE / f"label-studio-{VERSION}-data"
    if not place.exists():
        _installed()
        draft = Path(tempfile.mkdtemp(prefix=".preparing-", dir=CACHE))
        with _server(None) as server:
            for name in ("label_studio.sqlite3", ".env"):
                shutil.copy(server.log.parent / name, draft)
        _settle(draft, place)
    return place


def _settle(draft: Path, place: Path) -> None:
    """Give a finished folder its name, unless another test run was faster."""
    with suppress(OSError):
        draft.rename(place)
    shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _server(template: Path | None) -> Iterator[Server]:
    """Run a server on a copy of a data directory until the block ends."""
    python = _installed()
    data = Path(tempfile.mkdtemp(prefix="policytag-studio-"))
    if template:
        shutil.copytree(template, data, dirs_exist_ok=True)
    port = free_port()
    log = data / "log.txt"
    command = [python, "-m", "label_studio.server", "start", "--no-browser", "--internal-host", "127.0.0.1"]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, "--port", str(port)], cwd=data, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
            env={**os.environ, **_SETTINGS, "LABEL_STUDIO_BASE_DATA_DIR": str(data)},
        )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_up(f"{url}/health", process, log)
        yield Server(url, TOKEN, log)
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(data, ignore_errors=True)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for a good answer, as long as the process lives and ten minutes at most."""
    for _ in range(1200):
        with suppress(httpx.HTTPError):
            if httpx.get(url, timeout=5).status_code == 200:
                return
        assert process.poll() is None, f"it ended: {log.read_text(encoding='utf-8')[-2000:]}"
        time.sleep(0.5)
    raise AssertionError(f"nothing answers at {url}: {log.read_text(encoding='utf-8')[-2000:]}")
