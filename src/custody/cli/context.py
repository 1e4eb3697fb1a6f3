"""Which run this is and what source it builds: what is said outright, what the CI system says, what git says.

What is said outright wins: a flag, then a CUSTODY_* variable, then custody.toml. For the rest, the commit is that of
the checkout that --git names, because it is seen and not only claimed, else that of the CI system; all else is the CI
system's, else the checkout's. Where the two are at different commits, the run is about another source than the CI
system says, and nothing that it says of the source is taken over.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from custody.cli import console, options
from custody.cli.checks import checked_commit
from custody.cli.config import Settings, read_config
from custody.errors import InputError, UsageError
from custody.kinds import Genesis, Run

if TYPE_CHECKING:
    from custody.record.ci import CI
    from custody.record.git import GitFacts


class Surroundings(NamedTuple):
    """What the entries of a run share, and what that is known from."""

    context: Genesis
    settings: Settings
    ci: CI | None
    git: GitFacts | None
    notes: tuple[str, ...]

    def say_notes(self) -> None:
        for note in self.notes:
            console.say(f"note: {note}")


def gather(
    trail: options.Trail = None,
    flow: options.Flow = None,
    job: options.Job = None,
    repository: options.Repository = None,
    commit: options.Commit = None,
    branch: options.Branch = None,
    run_url: options.RunUrl = None,
    git: options.Git = None,
    no_ci: options.NoCi = False,
) -> Surroundings:
    """Put together what is said outright, by a CI system and by git. Raises UsageError, InputError."""
    settings = read_config(Path.cwd())
    ci = None if no_ci else _detect()
    if commit and not git:
        checked_commit(commit, "--commit")
    facts = _git_facts(Path(git), commit) if git else None
    chosen = facts.commit if facts else commit or (ci.commit if ci else "")
    notes = list(ci.notes) if ci else []
    about = ci if ci is not None and ci.commit in ("", chosen) else None
    if ci is not None and about is None:
        notes.append(
            f"this is about {chosen[:12]}, and {ci.provider} builds {ci.commit[:12]}: the former counts"
        )
    where = (
        _address(repository, "--repository")
        or _address(settings.repository, "custody.toml's repository")
        or (about.repository or about.source if about else "")
        or (facts.repository or "" if facts else "")
    )
    if about is not None and not _is_of(where, about):
        about = about._replace(repository_id="", commit_url="")
    context = Genesis(
        flow=flow or settings.flow or (ci.flow or ci.repository if ci else ""),
        trail=trail or (ci.run if ci else ""),
        job=job or (ci.job if ci else ""),
        repository=where,
        commit=chosen,
        branch=branch or (about.branch if about else "") or (facts.branch or "" if facts else ""),
        run=Run(
            provider=ci.provider if ci else "",
            id=ci.run if ci else "",
            attempt=ci.attempt if ci else "",
            url=_page(run_url) or (ci.url if ci else ""),
            runner=ci.runner if ci else "",
            actor=ci.actor if ci else "",
        ),
        repository_id=about.repository_id if about else "",
        commit_url=about.commit_url if about and chosen else "",
    )
    return Surroundings(context, settings, ci, facts, tuple(notes))


def _detect() -> CI | None:
    from custody.record.ci import detect

    return detect(os.environ)


def _git_facts(folder: Path, commit: str | None) -> GitFacts:
    from custody.record.git import read_commit

    facts = read_commit(folder, commit or "HEAD")
    if facts is None:
        raise InputError(f"{folder} is not a git checkout with a commit, or git is not installed", code="git")
    return facts


def _is_of(repository: str, ci: CI) -> bool:
    """Whether a repository's address is of the repository that the CI system builds."""
    known = (ci.repository or ci.source).lower()
    address = repository.removesuffix("/").removesuffix(".git").lower()
    return not known or address == known or address.endswith((f"/{known}", f":{known}"))


def _address(given: str | None, what: str) -> str:
    """A repository's address without what could open it. Raises UsageError where that cannot be told apart."""
    if not given or not ("://" in given or "@" in given):
        return given or ""
    from custody.record.urls import public_url

    if (clean := public_url(given)) is None:
        if not set(given) & set("@?#"):
            return given  # of another kind, such as svn://, with no place for a secret
        raise UsageError(f"{what} is no address of a repository that could be recorded", code="repository")
    return clean


def _page(given: str | None) -> str:
    if not given or ("://" not in given and "@" not in given):
        return given or ""
    from custody.record.urls import link_url

    if (clean := link_url(given)) is None:
        raise UsageError("--run-url is no http or https URL that could be recorded", code="run-url")
    return clean
