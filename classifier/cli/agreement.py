"""policytag studio agreement: how well several annotators agree."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.cli.console import Commands, command, say
from classifier.cli.server import add_address, connected

if TYPE_CHECKING:
    from classifier.records import Example
    from classifier.taxonomy import Taxonomy


def add(actions: "Commands[argparse.ArgumentParser]") -> None:
    """Add the command to those of `studio`."""
    parser = command(
        actions, "agreement", _agreement, "measure how well annotators agree, and list where they do not",
        "policytag studio agreement labels/corpus",
    )  # fmt: skip
    parser.add_argument(
        "labels", nargs="*", type=Path, default=[Path("labels/corpus")], metavar="LABELS",
        help="files of judgements, or folders of them (default: labels/corpus)",
    )  # fmt: skip
    parser.add_argument("--taxonomy", type=Path, metavar="FILE", help="another taxonomy")
    parser.add_argument(
        "--model", type=Path, metavar="DIR", help="the model whose proposals annotators saw (default: the packaged one)"
    )
    parser.add_argument(
        "--adjudicate", type=int, metavar="N", help="push what nobody has decided to project N, for an adjudicator"
    )
    add_address(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")


def _agreement(options: argparse.Namespace) -> int:
    import json

    from classifier import taxonomy
    from classifier.learning import agreement, examples
    from classifier.studio import anchoring

    loaded = taxonomy.load(options.taxonomy)
    judgements = examples.gather(options.labels, loaded.ids)
    report = agreement.measure(judgements, loaded.ids)
    judged = anchoring.judged(judgements)
    proposals = anchoring.measure(judged, _proposals(judged, options.model), loaded.ids) if judged else None
    if options.json:
        print(json.dumps({**report, "proposals": proposals}, ensure_ascii=False, indent=1))
    else:
        print(agreement.table(report, loaded.names))
        if proposals:
            print(f"\n{anchoring.table(proposals)}")
    if options.adjudicate is not None:
        _adjudicate(options, report, judgements, loaded)
    return 0


def _proposals(judged: "Sequence[Example]", model: Path | None) -> dict[str, frozenset[str]]:
    """Give what the model says of each paragraph."""
    from classifier.records import Paragraph
    from classifier.tagging import bundle
    from classifier.tagging.tagger import Tagger

    paragraphs = {
        e.id: Paragraph(
            id=e.id, document=e.document, number=e.paragraph, kind=e.kind, text=e.text, source=((0, len(e.text)),)
        )
        for e in judged
    }
    tagger = Tagger(bundle=bundle.load(model), headings=True)
    return {
        tagged.paragraph.id: frozenset(tag.label for tag in tagged.tags) for tagged in tagger.tag(paragraphs.values())
    }


def _adjudicate(
    options: argparse.Namespace, report: dict[str, Any], judgements: "Sequence[Example]", taxonomy: "Taxonomy"
) -> None:
    from classifier.studio import adjudication

    with connected(options) as studio:
        number = adjudication.push(studio, options.adjudicate, report["disagreements"], judgements, taxonomy)
    say(f"{number} disagreements pushed to project {options.adjudicate}; policytag studio pull brings the decisions")
