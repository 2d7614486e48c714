"""The parts of scripts/benchmark.py that time policytag itself, each a section of the report."""

import gc
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import orjson
from tabulate import tabulate

from classifier.records import Document
from classifier.tagging import bundle
from classifier.tagging.paragraphs import paragraphs
from classifier.tagging.tagger import BATCH, Tagger

PAGE = Path(__file__).parents[1] / "tests" / "cases" / "pages" / "sample.txt"
Arguments = Sequence[str | Path]
PIPELINE = """
import sys
sys.path.insert(0, sys.argv[1])
import joblib
from contestants import jieba_words, read, train_pipeline
joblib.dump(train_pipeline(read(sys.argv[2]), analyzer=jieba_words), sys.argv[3])
"""
COPY = """
import sys
import orjson
with open(sys.argv[1], "rb") as lines, open(sys.argv[2], "wb") as copy:
    for line in lines:
        copy.write(orjson.dumps(orjson.loads(line), option=orjson.OPT_APPEND_NEWLINE))
"""
# a process counts as its own what the one that started it held: so a small one starts it
RELAY = """
import os, sys
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
_, status, usage = os.wait4(os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet), 0)
print(status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
"""
PIPELINE_PAGE = """
import sys
sys.path.insert(0, sys.argv[1])
import joblib
lines = open(sys.argv[3], encoding="utf-8").read().splitlines()
print(joblib.load(sys.argv[2]).decision_function(lines) > 0)
"""


def small_things(texts: Sequence[str], rounds: int) -> str:
    """Measure a call with one paragraph, and how cost grows with the number of paragraphs."""
    tagger = Tagger(bundle=bundle.load(), engine="numpy")
    few = [text for text in texts[:5000] if 70 <= len(text) <= 110][:200]
    alone = timed(lambda: [tagger.probabilities([text]) for text in few], rounds + 1) / len(few)
    rows = []
    for part in (100, 10, 1):
        some = texts[: len(texts) // part]
        batches = [some[i : i + BATCH] for i in range(0, len(some), BATCH)]
        cpu = timed(lambda batches=batches: [tagger.probabilities(batch) for batch in batches], rounds)  # type: ignore[misc]
        rows.append([f"{len(some):,}", f"{cpu:.3f}", f"{cpu / len(some) * 1e6:.1f}"])
    return (
        "## A single paragraph, and growth\n\n"
        f"One call with one paragraph of 70 to 110 characters: {alone * 1e6:.0f} µs (NumPy).\n\n"
        f"{table(['paragraphs', 's', 'µs a paragraph'], rows)}"
    )


def reading_and_writing(texts: Path, folder: Path, rounds: int) -> str:
    """Compare the whole command with what reading and writing the same lines takes."""
    result = folder / "result.jsonl"
    commands = {"policytag tag, NumPy": "numpy"} | ({"policytag tag, Numba": "numba"} if find_spec("numba") else {})
    cpu: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, engine in commands.items():
            result.unlink(missing_ok=True)
            cpu.setdefault(name, []).append(child(command("tag", texts, "-o", result, "--engine", engine))[0])
        name = "a program that reads, decodes, encodes and writes the input"
        cpu.setdefault(name, []).append(child([sys.executable, "-c", COPY, texts, folder / "copy.jsonl"])[0])
        rows = lines_of(result)
        begun = time.process_time()
        for line in lines_of(texts):
            orjson.loads(line)
        decoded = time.process_time() - begun
        records = [orjson.loads(line) for line in rows]
        begun = time.process_time()
        for record in records:
            orjson.dumps(record)
        cpu.setdefault("orjson alone: the input decoded, the output encoded", []).append(
            decoded + time.process_time() - begun
        )
    seconds = {name: median(times) for name, times in cpu.items()}
    least = seconds["orjson alone: the input decoded, the output encoded"]
    body = [[name, f"{value:.2f}", f"{value / least:.1f}"] for name, value in seconds.items()]
    size = f"{texts.stat().st_size / 1e6:.0f} MB in, {result.stat().st_size / 1e6:.0f} MB out"
    return f"## Share of reading and writing\n\nThe same lines, {size}.\n\n{table(['', 's', '×'], body)}"


def one_page(corpus: Path, folder: Path, rounds: int, peers: Path | None) -> str:
    """Compare whole processes that tag one page."""
    commands: dict[str, Arguments] = {
        "policytag tag page.txt": command("tag", PAGE),
        "of it: Python and NumPy": [sys.executable, "-c", "import numpy"],
    }
    if peers:
        pickle, scripts = folder / "pipeline.joblib", Path(__file__).parent
        child([peers, "-W", "ignore", "-c", PIPELINE, scripts, corpus, pickle])
        commands["scikit-learn + jieba from joblib"] = [
            peers, "-W", "ignore", "-c", PIPELINE_PAGE, scripts, pickle, PAGE,
        ]  # fmt: skip
    for arguments in commands.values():
        child(arguments)  # files into the cache
    taken: dict[str, list[float]] = {}
    for _ in range(2 * rounds + 1):
        for name, arguments in commands.items():
            taken.setdefault(name, []).append(child(arguments)[0])
    first = median(taken["policytag tag page.txt"])
    rows = [[name, f"{median(times):.3f}", f"{median(times) / first:.1f}"] for name, times in taken.items()]
    return f"## One page, the whole process\n\n{table(['', 's', '×'], rows)}"


def memory(examples: Sequence[bytes], folder: Path, count: int) -> str:
    """Measure the peak memory of the command on a tenth of `count` paragraphs and on all."""
    rows = []
    for number in (count // 10, count):
        source = write(folder / "stream.jsonl", examples, number)
        result = folder / f"streamed{number}.jsonl"
        cpu, peak = child(command("tag", source, "-o", result, "--engine", "numpy"))
        result.unlink()
        rows.append([f"{number:,}", f"{source.stat().st_size / 1e6:.0f}", f"{peak:.0f}", f"{cpu:.1f}"])
    return f"## Memory, streamed\n\n{table(['paragraphs', 'MB read', 'peak, MB', 's'], rows)}"


def restoring(texts: Sequence[str], rounds: int) -> str:
    """Measure how fast paragraphs are restored from lines of 25 characters, and how that grows."""
    rows = []
    for share in (10, 1):
        pages = "\n".join(
            "　　" + text[:23] + "".join("\n" + text[i : i + 25] for i in range(23, len(text), 25))
            for text in texts[: len(texts) // share]
        )
        document = Document(name="pages", text=pages)
        cpu, size = timed(lambda document=document: paragraphs(document), rounds), len(pages.encode()) / 1e6  # type: ignore[misc]
        rows.append([f"{size:.2f}", f"{cpu:.2f}", f"{size / cpu:.1f}"])
    return f"## Paragraphs restored from wrapped lines\n\n{table(['MB', 's', 'MB/s'], rows)}"


def timed(run: Callable[[], object], rounds: int) -> float:
    """Give the median CPU time of a call."""
    gc.freeze()  # what the benchmark holds itself is not to be searched for cycles on the way
    taken = []
    for _ in range(rounds):
        begun = time.process_time()
        run()
        taken.append(time.process_time() - begun)
    return median(taken)


def child(arguments: Arguments) -> tuple[float, float]:
    """Run a process; give its CPU seconds and its peak memory in MB. Exits where it fails."""
    relay = [sys.executable, "-c", RELAY, *arguments]
    told = subprocess.run(relay, stdout=subprocess.PIPE, check=True, text=True).stdout  # noqa: S603  # our own commands
    status, cpu, peak = told.split()
    if int(status):
        sys.exit(f"failed: {' '.join(map(str, arguments))}")
    unit = 1 if sys.platform == "darwin" else 1024
    return float(cpu), int(peak) * unit / 1e6


def command(*arguments: str | Path) -> Arguments:
    """Give the command `policytag` with arguments."""
    return [sys.executable, "-m", "classifier", *arguments]


def lines_of(path: Path) -> list[bytes]:
    """Read a file's lines."""
    return path.read_bytes().splitlines()


def write(path: Path, lines: Sequence[bytes], count: int) -> Path:
    """Write `count` lines, beginning again where there are fewer."""
    with path.open("wb") as file:
        for done in range(0, count, len(lines)):
            file.writelines(line + b"\n" for line in lines[: count - done])
    return path


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Set a table in Markdown."""
    text: str = tabulate(
        rows, heads, tablefmt="github", disable_numparse=True, colalign=["left"] + ["right"] * (len(heads) - 1)
    )
    return text
