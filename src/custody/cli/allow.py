"""`custody append allow`: an exception from what a policy demands, for a while."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from custody.cli import options
from custody.cli.checks import checked_name
from custody.cli.options import argument, option
from custody.cli.recording import Act, Recording, resolve_artifact
from custody.errors import UsageError
from custody.ledger import timestamps
from custody.ledger.entry import Subject
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.cli.times import Clock

_DURATION = r"([0-9]{1,5}) ?(h|d|w)"
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_GLOB = r"[A-Za-z0-9._/@:+*?-]{1,200}"


def allow(
    surroundings: Recording,
    artifact: Annotated[
        str | None,
        argument("ARTIFACT", "A file, folder or image, NAME@FINGERPRINT, or a glob over names with * or ?."),
    ] = None,
    *,
    environment: Annotated[
        str, option("--env", envvar="CUSTODY_ENV", help="The environment, or a glob such as 'prod-*'.")
    ],
    until: Annotated[
        str,
        option("--until", metavar="WHEN", help="When it ends: a moment to come, or 48h, 7d, 2w from now."),
    ],
    reason: Annotated[str, option("--reason", help="Why; auditors will ask.")],
    name: Annotated[
        str | None,
        option("--name", help="The artifact's name; without ARTIFACT, a name or glob of all that it is for."),
    ] = None,
    control: Annotated[
        list[str] | None,
        option("--control", help="Only this control of the policy; repeatable. By default all of them."),
    ] = None,
    zone: options.Zone = None,
) -> Act:
    """Record an exception: until then, the policy's gate passes without these controls. An admin's.

    Example: custody append allow 'payments-*' --env prod --control scan --until 48h --reason "incident 4711"
    """
    from custody.cli.times import Clock
    from custody.kinds import Allow

    subject, glob = _about(artifact, name)
    controls = tuple(dict.fromkeys(checked_name(one, "--control") for one in control or []))
    clock = Clock(zone)
    body = Allow(_environment(surroundings, environment), _end(until, clock), reason, subject, glob, controls)
    which = f"the controls {', '.join(controls)}" if controls else "every control"
    what = f"{subject.name}@{subject.sha256}" if subject else f"every artifact recorded as {glob}"
    told = f"until {clock.text(body.until)}: {which}, for {what}, in {body.environment}"
    subjects = (subject,) if subject else ()
    return Act("allow", body.write(), subjects, told=(told,), said={"until": body.until})


def _about(artifact: str | None, name: str | None) -> tuple[Subject | None, str]:
    """One artifact, or a glob over the names of many."""
    if artifact is None:
        if name is None:
            raise UsageError("what is it for? Name an artifact, or all of a --name", code="artifact")
        return None, _glob(name, "--name")
    if ("*" in artifact or "?" in artifact) and not os.path.lexists(artifact):
        if name is not None:
            raise UsageError("a glob over names takes no --name", code="name")
        return None, _glob(artifact, "ARTIFACT")
    return resolve_artifact(artifact, name), ""


def _environment(surroundings: Recording, given: str) -> str:
    if "*" not in given and "?" not in given:
        return surroundings.environment(given)
    from custody.policy.globs import matches

    glob, known = _glob(given, "--env"), surroundings.environments
    if known and not any(matches(glob, one) for one in known):
        message = (
            f"--env {safe_text(given, 60)} matches none of custody.toml's environments: {', '.join(known)}"
        )
        raise UsageError(message, code="environment")
    return glob


def _glob(given: str, what: str) -> str:
    if not re.fullmatch(_GLOB, given):
        message = (
            f"{what} must be a name, or a glob of one with * and ?, of letters, digits and . _ / @ : + -; "
            f"not {safe_text(given, 60)}"
        )
        raise UsageError(message, code="name")
    return given


def _end(until: str, clock: Clock) -> str:
    """The moment that an exception ends at (UTC text). Raises UsageError for one that is over, or too far off."""
    from custody.kinds.allow import LONGEST

    now = datetime.now(UTC)
    duration = re.fullmatch(_DURATION, until.strip().lower())
    if duration:
        end = now + min(int(duration[1]) * _UNITS[duration[2]], 2 * LONGEST)
        moment = timestamps.from_datetime(end)
    else:
        moment = clock.moment(until).utc
        end = timestamps.to_datetime(moment)
    if end <= now:
        message = f"--until {safe_text(until, 60)} is {moment}, and that is over: an exception is for a time to come"
        raise UsageError(message, code="until")
    if end - now > LONGEST:
        message = f"--until {safe_text(until, 60)} is {moment}, more than {LONGEST.days} days off: change the policy"
        raise UsageError(message, code="until")
    return moment
