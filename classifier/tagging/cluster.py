"""The same job on many machines: Ray Data gives parts of the inputs to workers that each load the model once.

A part is a table or some five hundred documents, and becomes one file whose name tells its place: part-000012.parquet.
It is written aside and then renamed, so a part that was done twice, since a worker was lost, is there once. The model
travels in the output folder, so machines need the package and that folder, nothing else in common.
"""

import json
import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path, PurePosixPath
from typing import Any

from classifier.errors import MissingExtra, OutputError, PolicytagError, UsageError
from classifier.records import Skipped
from classifier.tagging import batch, sinks
from classifier.tagging.batch import Counts, Done, Job
from classifier.tagging.chunks import Position, chunks, groups, is_streamed
from classifier.tagging.remote import Folder, address, source
from classifier.tagging.sources import Source

FORMATS = ("parquet", "jsonl", "csv")
_TOGETHER = 64  # chunks of documents to a part
_BLOCKS = 4096  # pieces that Ray shares out, at most

Table = Any  # pyarrow publishes no types
Part = dict[str, Any]  # number, names and addresses of its inputs
Report = dict[str, Any]  # number, counts, skipped


class Worker:
    """Does parts, one after another. Ray makes one on every processor."""

    def __init__(self, job: Job, folder: Folder) -> None:
        self._folder, self._form, self._tagger = folder, job.form, None
        if job.model:
            with tempfile.TemporaryDirectory() as place:
                for path in folder.files.glob(folder.log("model/*")):
                    (Path(place) / Path(path).name).write_bytes(folder.files.cat_file(path))
                self._tagger = batch.tagger(replace(job, model=Path(place)))

    def __call__(self, parts: Table) -> Table:
        """Do the parts of an Arrow table; give the report of each in another."""
        import pyarrow

        return pyarrow.table({"report": [json.dumps(self._report(**part)) for part in parts.to_pylist()]})

    def _report(self, number: int, names: list[str], urls: list[str]) -> Report:
        sources = [source(name, url) for name, url in zip(names, urls, strict=True)]
        skipped: list[Skipped] = []
        with self._folder.replaced(self._folder.part(number)) as file:
            stream = sinks.Stream(file, self._form)
            for chunk in chunks(sources):
                done = batch.work(self._tagger, self._form, chunk)
                stream.take(done)
                skipped += done.skipped
            stream.finish()
        report = {"number": number, "counts": asdict(stream.counts), "skipped": [asdict(one) for one in skipped]}
        with self._folder.replaced(self._folder.log(f"{number:06}.json")) as file:
            file.write(json.dumps(report).encode())
        return report


def run(
    sources: Sequence[Source],
    output: str,
    job: Job,
    ray_address: str,
    *,
    resume: bool,
    overwrite: bool,
    watch: Callable[[Done], None],
) -> Counts:
    """Do a job on a cluster, on inputs that `remote.discover` found; `watch` is told of each part.

    Raises `PolicytagError`.
    """
    if job.form not in FORMATS:
        raise UsageError(f"a cluster writes no {job.form}", f"add --format {'|'.join(FORMATS)}")
    parts = {part["number"]: part for part in _parts(sources)}
    folder = Folder.at(output, job.form)
    try:
        done = _prepared(folder, sinks.facts(sources, job), job, resume=resume, overwrite=overwrite)
    except (OSError, ValueError) as error:
        raise OutputError(f"cannot write to {folder.url}: {error}", "choose a folder that takes files") from error
    counts = Counts()
    for report in done.values():
        counts += Counts(**report["counts"])
        watch(Done(rows=b"", counts=Counts(**report["counts"]), skipped=(), end=Position()))
    for report in _reports([part for number, part in parts.items() if number not in done], folder, job, ray_address):
        done[report["number"]] = report
        counts += Counts(**report["counts"])
        skipped = tuple(Skipped(**one) for one in report["skipped"])
        watch(Done(rows=b"", counts=Counts(**report["counts"]), skipped=skipped, end=Position()))
    counts.check()
    if done.keys() != parts.keys() or len(folder.results()) != len(parts):
        raise PolicytagError("parts are missing: a fault of policytag", "please report it with the command")
    folder.tidy()
    return counts


def _parts(sources: Sequence[Source]) -> Iterator[Part]:
    """Give which inputs make which part: whole chunks, so that what a local run tags together stays together."""
    found: list[range] = []
    together = 0
    for group in groups(sources):
        alone = is_streamed(sources[group.start])
        if not alone and 0 < together < _TOGETHER:
            found[-1] = range(found[-1].start, group.stop)
            together += 1
        else:
            found.append(group)
            together = 0 if alone else 1
    for number, part in enumerate(found):
        yield {
            "number": number,
            "names": [sources[i].name for i in part],
            "urls": [address(sources[i]) for i in part],
        }


def _prepared(
    folder: Folder, facts: dict[str, object], job: Job, *, resume: bool, overwrite: bool
) -> dict[int, Report]:
    """Make the output folder ready; give the reports of the parts that an earlier run has done."""
    old = folder.files.exists(folder.log("run.json"))
    if (old or folder.results()) and not (resume or overwrite):
        raise OutputError(
            f"{folder.url} has results", "--overwrite writes them anew, --resume goes on with an interrupted run"
        )
    if old and resume:
        then = json.loads(folder.files.cat_file(folder.log("run.json")))
        for name, now in facts.items():
            if then.get(name) != now:
                raise OutputError(
                    f"{folder.url} is of another run: {name}: {then.get(name)} then, {now} now",
                    "give what was given then, or write it anew with --overwrite",
                )
        reports = [json.loads(folder.files.cat_file(path)) for path in folder.files.glob(folder.log("0*.json"))]
        there = {PurePosixPath(path).name for path in folder.results()}
        whole = [report for report in reports if PurePosixPath(folder.part(report["number"])).name in there]
        return {report["number"]: report for report in whole}
    folder.clear()
    for path in sorted(job.model.iterdir()) if job.model else ():
        with folder.replaced(folder.log(f"model/{path.name}")) as file:
            file.write(path.read_bytes())
    with folder.replaced(folder.log("run.json")) as file:
        file.write(json.dumps(facts, ensure_ascii=False).encode())
    return {}


def _reports(parts: list[Part], folder: Folder, job: Job, ray_address: str) -> Iterator[Report]:
    """Do parts on the cluster; give the report of each, in whatever order they come."""
    if not parts:
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # what matters is raised here
    try:
        import pyarrow
        import ray
        from ray.data import ActorPoolStrategy, DataContext, from_arrow
        from ray.exceptions import RayError
    except ImportError as error:
        raise MissingExtra("ray", "cluster") from error
    try:
        ray.init(address=ray_address, logging_level=logging.ERROR, log_to_driver=False, include_dashboard=False)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise PolicytagError(
            f"no Ray at {ray_address}: {str(error).splitlines()[0]}",
            "give the address of a running one, or --ray alone for this machine",
        ) from error
    try:
        context = DataContext.get_current()
        context.enable_progress_bars = False  # the command shows its own
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        blocks = min(len(parts), _BLOCKS)
        reports = from_arrow(pyarrow.Table.from_pylist(parts), override_num_blocks=blocks).map_batches(
            Worker, batch_size=1, batch_format="pyarrow", compute=ActorPoolStrategy(min_size=1, max_size=blocks),
            fn_constructor_args=(job, folder), num_cpus=1,
        )  # fmt: skip
        for row in reports.iter_rows():
            yield json.loads(row["report"])
    except RayError as error:
        reason = str(error.__cause__ or error).strip().splitlines()[-1]
        raise PolicytagError(f"the cluster could not finish: {reason}", "mend it, then go on with --resume") from error
    except KeyboardInterrupt as error:
        error.add_note("whole parts are kept: go on with --resume")
        raise
    finally:
        ray.shutdown()
