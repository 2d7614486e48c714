"""What can be wrong with a Label Studio server, each with the next step to take."""

from collections.abc import Mapping

from classifier.errors import PolicytagError


class StudioError(PolicytagError):
    """A Label Studio server or project cannot be used."""


def refusal(status: int | None, body: object, url: str, project: int | None) -> StudioError:
    """Give the error that a server's answer means."""
    if status is None or status < 400:
        return stranger(url)
    match status:
        case 401:
            hint = "set LABEL_STUDIO_API_KEY to a personal access token from its page Account & Settings"
            return StudioError(f"Label Studio at {url} does not know the token", hint)
        case 403:
            return StudioError(f"the token's user may not do this at {url}", "use the token of a user who may")
        case 404 if project is not None:
            return StudioError(
                f"there is no project {project} at {url}, or the token's user may not see it",
                "policytag studio init makes one; its number is in the address of its page",
            )
        case 400:
            return StudioError(f"Label Studio refuses: {_reasons(body)}", "nothing of this request was stored")
    return StudioError(f"Label Studio at {url} answered {status}", "its log says why; then try again")


def stranger(url: str) -> StudioError:
    """Give the error for an address where something else answers."""
    return StudioError(f"what answers at {url} is no Label Studio", "name the right address with --url")


def _reasons(body: object) -> str:
    if not isinstance(body, Mapping):
        return str(body)[:500]
    reasons = body.get("validation_errors") or {"": [body.get("detail")]}
    if isinstance(reasons, Mapping):
        reasons = [line for lines in reasons.values() for line in (lines if isinstance(lines, list) else [lines])]
    return "; ".join(" ".join(str(reason).split())[:500] for reason in reasons)
