"""Readers of reports under a fuzzer that watches which branches its input reaches: only custody's own errors come out.

Run as a program, this file is what is fuzzed: `python test_parsers_fuzz.py TYPE FOLDER [options of libFuzzer]`.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from harness.reports import SAMPLES, read_report

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed"),
]

SECONDS = int(os.environ.get("CUSTODY_FUZZ_SECONDS", "20"))
"""For each type."""
MOST = 4096
"""Bytes of an input. Size itself is for the tests of bounds."""


@pytest.mark.parametrize("type", SAMPLES)
def test_only_our_errors_come_out(type: str, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, sample in enumerate(SAMPLES[type]):
        (corpus / str(number)).write_bytes(sample)
    options = [
        f"-max_total_time={SECONDS}",
        f"-max_len={MOST}",
        "-timeout=20",
        "-rss_limit_mb=2048",
        "-verbosity=0",
    ]
    path = [str(Path(__file__).parents[1]), *filter(None, sys.path)]
    done = subprocess.run(
        [sys.executable, __file__, type, str(corpus), *options],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        cwd=tmp_path,
        timeout=SECONDS * 4 + 60,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert len(list(corpus.iterdir())) > len(SAMPLES[type])  # it found its way into the reader


def main() -> None:
    import atheris

    type, corpus, *options = sys.argv[1:]
    with atheris.instrument_imports(include=["custody.record"]):
        from custody.record import coverage, cyclonedx, junit, sarif, sbom, spdx, vulnerabilities  # noqa: F401
    path = Path(corpus).parent / "report.any"

    def once(data: bytes) -> None:
        path.write_bytes(data)
        read_report(type, path)

    atheris.Setup([sys.argv[0], corpus, *options], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
