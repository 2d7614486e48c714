"""What tests send to a Label Studio server, and what it stored."""

from collections.abc import Sequence

from studio_server import Server

from classifier.records import Kind, Paragraph


def rows(texts: Sequence[str], first: int = 1) -> list[Paragraph]:
    """Paragraphs with ids of their own."""
    return [
        Paragraph(id=f"own-{n}", document="table", number=n, kind=Kind.BODY, text=t, source=((0, len(t)),))
        for n, t in enumerate(texts, first)
    ]


def choose(*labels: str, **more: object) -> list[dict[str, object]]:
    """The result of an annotation."""
    region = {"from_name": "measure", "to_name": "text", "type": "choices", "value": {"choices": list(labels)}}
    return [{**region, **more}]


def stored(server: Server, project: int) -> list[dict]:
    """All tasks with their annotations, by rising id."""
    path = f"/api/projects/{project}/export?exportType=JSON&download_all_tasks=true"
    return sorted(server.request("GET", path).json(), key=lambda task: task["id"])


def chosen(holder: dict) -> list[str]:
    """The labels that an annotation, a draft or a prediction holds."""
    return [label for region in holder["result"] for label in region["value"]["choices"]]
