"""What stands before every route of the service: who may ask, how much, and one log line a request without texts."""

import hmac
import json
import logging
import time
from base64 import b64decode
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger("policytag")
_OPEN = ("/health",)  # says nothing but that the service is up
_SHOWN = ("model", "reason", "job", "exit", "said", "method", "path", "status", "ms", "bytes", "action", "paragraphs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Who may ask, and how much at once. With neither token nor password everyone may."""

    token: str = ""
    user: str = ""
    password: str = ""
    megabytes: int = 64  # of a request: Label Studio sends all tasks of a project in one
    paragraphs: int = 20_000  # of a request

    def admits(self, authorization: str) -> bool:
        """Tell whether the value of an Authorization header lets in: `Bearer TOKEN`, `Token TOKEN`, or basic."""
        if not self.token and not self.password:
            return True
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() == "basic":
            try:
                given = b64decode(secret, validate=True)
            except ValueError:
                return False
            return bool(self.password) and hmac.compare_digest(given, f"{self.user}:{self.password}".encode())
        known = bool(self.token) and hmac.compare_digest(secret.strip().encode(), self.token.encode())
        return known and scheme.lower() in ("bearer", "token")


class Guard:
    """Middleware: refuses before anything of a request is read, counts its bytes, writes its log line."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app, self._limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 401 or 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        most = self._limits.megabytes << 20
        read, status = 0, 500

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise HTTPException(413, _too_large(most))
            return message

        async def noted(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        headers = Headers(scope=scope)
        try:
            if scope["path"] not in _OPEN and not self._limits.admits(headers.get("authorization", "")):
                challenge = {"WWW-Authenticate": 'Basic realm="policytag"'}
                refusal = JSONResponse({"error": "send the token or the password"}, 401, challenge)
                await refusal(scope, receive, noted)
            elif int(headers.get("content-length", "0")) > most:
                await JSONResponse({"error": _too_large(most)}, 413)(scope, receive, noted)
            else:
                await self._app(scope, counted, noted)
        finally:
            took = round(1000 * (time.perf_counter() - begun), 1)
            fields = {"method": scope["method"], "path": scope["path"], "status": status, "ms": took, "bytes": read}
            _log.info("request", extra=fields)


def _too_large(most: int) -> str:
    return f"more than {most >> 20} MB: send fewer paragraphs at once"


class LogLine(logging.Formatter):
    """A log record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line: time, level, event, and the fields that are meant to be seen."""
        line = {"time": self.formatTime(record), "level": record.levelname.lower(), "event": record.getMessage()}
        line.update({name: getattr(record, name) for name in _SHOWN if hasattr(record, name)})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
