"""Write requirements.txt, every package that custody and its development need, to the version and the hash; and
requirements-run.txt, those of them that an installation needs.

One file serves every system and every Python that custody supports, which pip cannot work out by itself: uv
resolves for all of them at once. uv is needed for nothing else, so its virtual environment is thrown away.
The index is the one that pip is configured to use; the lock does not name it.

    python tools/lock.py            keep the versions that still fit
    python tools/lock.py --upgrade  take the newest
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Made by `make lock` from pyproject.toml: every package with the hashes of all its files.\n"
LOCKS = {
    "requirements.txt": ["pyproject.toml", "--group", "dev"],
    "requirements-run.txt": ["pyproject.toml", "--group", "build"],
    "requirements-faults.txt": ["--group", "faults"],
}


def environment(pip: list[str]) -> dict[str, str]:
    """The process's environment, with what pip is configured with in the words of uv."""
    environ = dict(os.environ)
    for uv_name, pip_name in {"UV_DEFAULT_INDEX": "index-url", "SSL_CERT_FILE": "cert"}.items():
        value = os.environ.get("PIP_" + pip_name.replace("-", "_").upper())
        if value is None:
            asked = subprocess.run(
                [*pip, "config", "get", f"global.{pip_name}"], capture_output=True, text=True, check=False
            )
            value = asked.stdout.strip()
        if value:
            environ.setdefault(uv_name, value)
    return environ


def main(arguments: list[str]) -> int:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    oldest = project["project"]["requires-python"].removeprefix(">=")
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        scripts = Path(folder, "Scripts" if os.name == "nt" else "bin")
        pip = [str(scripts / "python"), "-m", "pip"]
        install = [
            *pip,
            "install",
            "-qq",
            "--disable-pip-version-check",
            *project["dependency-groups"]["lock"],
        ]
        subprocess.run(install, check=True)
        for name, groups in LOCKS.items():
            lock, output = ROOT / name, Path(folder, name)
            if lock.exists():
                output.write_text(lock.read_text("utf-8"), "utf-8")
            # What runs is what was tested: the second lock takes its versions from the first.
            same = [] if name == "requirements.txt" else ["--constraint", str(ROOT / "requirements.txt")]
            command = [
                str(scripts / "uv"), "pip", "compile", *groups, *same, "--quiet",
                "--universal", "--python-version", oldest, "--generate-hashes",
                "--no-header", "--no-annotate", "--no-config", "--output-file", str(output), *arguments,
            ]  # fmt: skip
            subprocess.run(command, check=True, cwd=ROOT, env=environment(pip), stdout=subprocess.DEVNULL)
            lock.write_text(HEADER + output.read_text("utf-8").removeprefix(HEADER), "utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
