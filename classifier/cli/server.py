"""How commands are told a Label Studio server, and reach it."""

import argparse
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.studio.client import Studio


def add_address(parser: argparse.ArgumentParser) -> None:
    """Let a command be told the server's address."""
    parser.add_argument("--url", default=os.environ.get("LABEL_STUDIO_URL", "http://localhost:8080"), metavar="URL",
                        help="the server (default: LABEL_STUDIO_URL, else http://localhost:8080)")  # fmt: skip


def connected(options: argparse.Namespace) -> "Studio":
    """Give the server that a command was told, reached with the token of the environment."""
    from classifier.studio import client

    return client.connect(options.url, os.environ.get("LABEL_STUDIO_API_KEY", ""))
