"""The demonstration: this project's own commit, wheel and tests, taken through all five steps; then a month of a firm.

Everything is real: the commit that is checked out, the wheel built from it, the JUnit report of its unit tests, three
jobs that run at the same time, each with its own key and ledger. It works in `build/demo` and touches nothing else.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "demo"
SAMPLE = ROOT / "sample_ledgers" / "payments.ledger"
SAMPLE_ROOT = ROOT / "sample_ledgers" / "root.pub"
ORIGIN = "custody.example/custody"
TRUST = """origin = "{origin}"
version = 1
roots = ["{root}"]

[identities.ci-build]
keys = ["{build}"]
roles = ["builder"]

[identities.ci-test]
keys = ["{test}"]
roles = ["builder"]

[identities.ci-lint]
keys = ["{lint}"]
roles = ["builder"]

[identities.ci-deploy]
keys = ["{deploy}"]
roles = ["deployer", "reporter"]

[identities.release-manager]
keys = ["{approver}"]
roles = ["approver"]

[identities.ledger-keeper]
keys = ["{keeper}"]
roles = ["custodian"]
"""


class Failed(Exception):
    """A step that did not do what the demonstration says it does."""


def main() -> int:
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    os.environ["CUSTODY_HOME"] = str(WORK / "home")
    for name in [name for name in os.environ if name.startswith("CUSTODY_") and name != "CUSTODY_HOME"]:
        del os.environ[name]
    os.environ["CUSTODY_NO_CI"] = "1"  # it shows the same wherever it runs
    try:
        walk()
        month()
    except Failed as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    if sys.stdin.isatty() and sys.stdout.isatty():
        input("\nPress Enter to open payments.ledger in the terminal interface (q leaves it) … ")
        return subprocess.call([*CUSTODY, "tui", str(SAMPLE), "--root", str(SAMPLE_ROOT)])
    print(
        "\nIn a terminal this ends in:\n  custody tui sample_ledgers/payments.ledger --root sample_ledgers/root.pub"
    )
    return 0


def walk() -> None:
    """This project through the five steps."""
    title("Keys and trust: who may say what, signed by a root key that the auditor pins")
    names = ("root", "build", "test", "lint", "deploy", "approver", "keeper")
    for name in names:
        custody("key", "new", f"{name}.key", "--comment", name, quiet=True)
    keys = {name: (WORK / f"{name}.key.pub").read_text().strip() for name in names}
    (WORK / "trust.toml").write_text(TRUST.format(origin=ORIGIN, **keys))
    custody("init", "main.ledger", "--trust", "trust.toml", "--key", "root.key")
    custody("trust", "pin", ORIGIN, "root.key.pub")

    title("Steps 1 to 3: three jobs at once, each recording what it did in a ledger of its own")
    wheel = build_wheel()
    with ThreadPoolExecutor(3) as jobs:
        done = [
            jobs.submit(job_build, wheel),
            jobs.submit(job_test, wheel),
            jobs.submit(job_lint, wheel),
        ]
        for job in done:
            print(job.result(), end="")

    title("… merged by the custodian: every signature checked, all or nothing")
    custody("merge", "main.ledger", "build.ledger", "test.ledger", "lint.ledger", "--key", "keeper.key")

    title("Step 4: somebody takes responsibility, with a key of their own")
    main_ledger = ("--ledger", "main.ledger")
    custody(
        "append", "approval", str(wheel), "--env", "prod", "--yes", "--reason", "reviewed what the jobs recorded",
        "--key", "approver.key", *main_ledger,
    )  # fmt: skip

    title("Step 5: it is deployed, and what runs is reported")
    custody(
        "append",
        "deployment",
        str(wheel),
        "--env",
        "prod",
        "--service",
        "custody",
        "--key",
        "deploy.key",
        *main_ledger,
    )
    (WORK / "running.json").write_text(running(wheel))
    custody("append", "snapshot", "prod", "running.json", "--key", "deploy.key", *main_ledger)
    custody("checkpoint", "--key", "keeper.key", *main_ledger)

    title("The auditor: is it intact, where did this wheel come from, what runs in production?")
    custody("verify", "main.ledger")
    custody("trace", str(wheel), *main_ledger)
    custody("env", "show", "prod", "--at", "now", *main_ledger)


def month() -> None:
    """A month of a firm of six services, asked the question that all this is for."""
    title("A month of a fintech: what ran in production on Thursday at 02:30, and who said it could?")
    custody("trust", "pin", "acme.example/payments", str(SAMPLE_ROOT))
    os.environ["CUSTODY_LEDGER"] = str(SAMPLE)
    say(f"$ export CUSTODY_LEDGER={SAMPLE.relative_to(ROOT)}")
    custody("verify")
    moment = ("--at", "2026-11-19 02:30", "--tz", "UTC")
    custody("env", "show", "prod", *moment)
    custody("env", "log", "prod", "--since", "2026-11-18", "--until", "2026-11-20", "--tz", "UTC")
    answer = json.loads(custody("env", "show", "prod", *moment, "--json", quiet=True))["answer"]
    hotfix = next(one["sha256"] for one in answer["state"]["services"] if one["service"] == "payments-api")
    custody("trace", hotfix[:12])


def build_wheel() -> Path:
    say("$ python -m pip wheel .")
    options = ["-q", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    run([sys.executable, "-m", "pip", "wheel", *options, "-w", str(WORK), str(ROOT)])
    return next(WORK.glob("*.whl"))


def job_build(wheel: Path) -> str:
    """Records the wheel."""
    source = ["--git", str(ROOT)] if (ROOT / ".git").exists() else []
    made_of = ["--material", str(ROOT / "requirements-run.txt"), "--slsa"]
    return job("build", [["append", "artifact", str(wheel), "--name", "custody", *source, *made_of]])


def job_test(wheel: Path) -> str:
    """Runs the unit tests and records their report."""
    report = WORK / "junit.xml"
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", f"--junitxml={report}",
         "tests/unit"],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    return job(
        "test",
        [["append", "evidence", str(report), "--type", "junit", "--control", "unit-tests", *about(wheel)]],
    )


def job_lint(wheel: Path) -> str:
    """Runs the linter and records its report, and what the environment is made of."""
    report, bom = WORK / "ruff.sarif", WORK / "bom.json"
    lint = [
        "ruff",
        "check",
        "-q",
        "--exit-zero",
        "--output-format",
        "sarif",
        "--output-file",
        str(report),
        "src",
    ]
    subprocess.run([sys.executable, "-m", *lint], cwd=ROOT, capture_output=True, check=False)
    made_of = ["cyclonedx_py", "environment", "--no-validate", "-o", str(bom), sys.executable]
    subprocess.run([sys.executable, "-m", *made_of], cwd=ROOT, capture_output=True, check=False)
    return job(
        "lint",
        [
            ["append", "evidence", str(report), "--type", "sarif", "--control", "lint", *about(wheel)],
            ["append", "evidence", str(bom), "--type", "sbom", *about(wheel)],
        ],
    )


def about(wheel: Path) -> list[str]:
    return ["--artifact", str(wheel), "--name", "custody"]


def job(name: str, commands: list[list[str]]) -> str:
    """One pipeline job: its own key, ledger and chain, sealed at the end. What it printed."""
    settings = {
        "CUSTODY_LEDGER": f"{name}.ledger",
        "CUSTODY_KEY_FILE": f"{name}.key",
        "CUSTODY_ORIGIN": ORIGIN,
        "CUSTODY_FLOW": "custody",
        "CUSTODY_TRAIL": "demo",
        "CUSTODY_JOB": name,
    }
    printed = "# " + " ".join(f"{key}={value}" for key, value in settings.items()) + "\n"
    for command in [*commands, ["seal"]]:
        printed += f"$ {shown(command)}\n{run([*CUSTODY, *command], settings)}"
    return printed


def running(wheel: Path) -> str:
    """What the platform would report."""
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    artifact = {"name": "custody", "sha256": digest, "count": 2}
    return json.dumps({"services": [{"name": "custody", "artifacts": [artifact]}]})


CUSTODY = [sys.executable, "-m", "custody"]


def custody(*arguments: str, quiet: bool = False) -> str:
    if not quiet:
        say(f"$ {shown(list(arguments))}")
    printed = run([*CUSTODY, *arguments])
    if not quiet:
        print(printed, end="")
    return printed


def shown(arguments: list[str]) -> str:
    """A command as somebody in the project's folder would type it."""
    words = [
        word.replace(f"{WORK}{os.sep}", "").replace(f"{ROOT}{os.sep}", "").replace(str(ROOT), ".")
        for word in arguments
    ]
    return "custody " + " ".join(f'"{word}"' if " " in word else word for word in words)


def run(command: list[str], settings: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        cwd=WORK,
        env=os.environ | (settings or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip() or done.stdout.strip()
        raise Failed(f"{shown(command[3:])} left with {done.returncode}: {said}")
    return done.stdout


def title(text: str) -> None:
    bold = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    print(f"\n\x1b[1m{text}\x1b[0m" if bold else f"\n== {text}")


def say(text: str) -> None:
    dim = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    print(f"\x1b[36m{text}\x1b[0m" if dim else text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
