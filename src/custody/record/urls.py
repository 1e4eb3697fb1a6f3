"""URLs that may be recorded: what names a place stays, and what opens it (user, password, token) goes.

Nothing here is a general reader of URLs. What is not plainly of a form known here is refused, lest a secret slip
through in a place where nobody looks for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

MAX_URL = 500
MAX_LINK = 2000

_HOST = r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?P<port>:[0-9]{1,5})?"
_REMOTE = re.compile(
    rf"(?P<scheme>https?|ssh|git|git\+ssh|ssh\+git)://(?:[^/?#]*@)?{_HOST}"
    r"(?P<path>/[A-Za-z0-9._~/%+,=-]*)(?:[?#].*)?",
    re.IGNORECASE,
)
# The short form of ssh. A host of one letter is a drive.
_SHORT = re.compile(r"(?:[^/:@]+@)?(?P<host>[A-Za-z0-9.-]{2,}):(?P<path>(?!//)[A-Za-z0-9._~/+,=-]+)")
_WEB = re.compile(
    rf"(?P<scheme>https?)://(?:[^/?#]*@)?{_HOST}(?P<path>/[A-Za-z0-9._~/%+,=:()!*'-]*)?"
    r"(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?",
    re.IGNORECASE,
)
# A place within a page that a browser draws itself. Without "=" and "&" there is no room for a token's name.
_PLACE = re.compile(r"!?/[A-Za-z0-9._~/%+:-]*")
_PARAMETER = re.compile(r"[A-Za-z0-9._~-]{1,100}")
_SECRET = re.compile(
    r"auth|code|cred|jwt|key|pass|private|pwd|secret|session|sig|token|ticket|user", re.IGNORECASE
)
_KEPT_PARAMETERS = frozenset({"buildId", "buildTypeId", "definitionId", "region", "view"})


def public_url(url: str) -> str | None:
    """A remote's URL without user, password, query and fragment; None if it names no host of a network.

    `https://dev:secret@host/org/repo.git?token=x` becomes `https://host/org/repo.git`, and `git@host:org/repo`
    becomes `host:org/repo`. Whatever is not plainly of one of these forms is None.
    """
    if len(url) > MAX_URL:
        return None
    if found := _REMOTE.fullmatch(url):
        scheme, host = found["scheme"].lower(), found["host"].lower()
        return f"{scheme}://{host}{found['port'] or ''}{found['path']}"
    if found := _SHORT.fullmatch(url):
        return f"{found['host'].lower()}:{found['path']}"
    return None


def web_url(url: str) -> str | None:
    """A page's URL without user and password; None if it is none of http or https.

    Of its query stay the parameters by which CI systems number their pages (`buildId`, `region`, …), and of its
    fragment a path such as `#/builds/1`: anything else there may be a token.
    """
    return _page(url, lambda name, value: name in _KEPT_PARAMETERS and bool(_PARAMETER.fullmatch(value)))


def link_url(url: str) -> str | None:
    """As `web_url`, of a URL that a person chose: all of its query stays but what is called like a secret."""
    return _page(url, lambda name, _: not _SECRET.search(name))


def _page(url: str, keeps: Callable[[str, str], bool]) -> str | None:
    found = _WEB.fullmatch(url) if len(url) <= MAX_LINK and url.isprintable() and " " not in url else None
    if found is None:
        return None
    parameters = (part.partition("=") for part in (found["query"] or "").split("&"))
    kept = "&".join(name + equals + value for name, equals, value in parameters if keeps(name, value))
    place = found["fragment"] if found["fragment"] and _PLACE.fullmatch(found["fragment"]) else ""
    return (
        f"{found['scheme'].lower()}://{found['host'].lower()}{found['port'] or ''}{found['path'] or ''}"
        + (f"?{kept}" if kept else "")
        + (f"#{place}" if place else "")
    )


def web_of_remote(url: str) -> str | None:
    """The page that a repository's host shows at its remote's URL, without a slash at its end; None if it has none.

    `git@host:org/repo.git` and `https://host/org/repo.git` both have `https://host/org/repo`.
    """
    remote = public_url(url)
    if remote is None:
        return None
    scheme, separator, rest = remote.partition("://")
    if not separator:
        rest = remote.replace(":", "/", 1).replace("//", "/")
    elif scheme not in ("http", "https"):
        rest = re.sub(r"^([^/]+?):[0-9]+/", r"\1/", rest)  # the port of ssh is not the web's
    scheme = scheme if scheme == "http" and separator else "https"
    return f"{scheme}://{rest.rstrip('/').removesuffix('.git')}"


def source_uri(remote: str) -> str:
    """A public remote as the URI of a git source (SPDX's form): `git+https://host/org/repo.git`."""
    if "://" not in remote:
        host, _, path = remote.partition(":")
        return f"git+ssh://{host}/{path.lstrip('/')}"
    return remote if remote.startswith("git") else f"git+{remote}"


def quoted(text: str) -> str:
    """Text as a part of a URL behind its host; its slashes stay."""
    return "".join(
        character
        if character.isascii() and (character.isalnum() or character in "-._~/@")
        else "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))
        for character in text
    )
