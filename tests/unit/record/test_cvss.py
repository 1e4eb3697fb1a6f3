"""CVSS base scores: examples that FIRST publishes, and every base vector against another implementation."""

from __future__ import annotations

import hashlib
import itertools

import pytest

from custody.record.cvss import base_score


@pytest.mark.parametrize(
    ("vector", "score"),
    [
        # The examples of FIRST's documents for each version.
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:N/I:L/A:N", 4.3),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1),
        ("CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
        ("AV:N/AC:L/Au:N/C:N/I:N/A:C", 7.8),
        ("(AV:N/AC:L/Au:N/C:C/I:C/A:C)", 10.0),
        ("AV:L/AC:H/Au:N/C:C/I:C/A:C", 6.2),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", 10.0),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 9.3),
        ("CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 7.3),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", 0.0),
        # Other metrics than base ones change nothing.
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N/E:U/RC:U", 7.5),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U", 9.3),
    ],
)
def test_known_scores(vector: str, score: float) -> None:
    assert base_score(vector) == score


@pytest.mark.parametrize(
    "vector",
    [
        *(
            "",
            "7.5",
            "CVSS:",
            "CVSS:3.1",
            "CVSS:3.1/",
            "CVSS:3.1/AV:N",
            "/" * 400,
            "x" * 10_000,
            "CVSS:3.1/AV:N/AV:N",
        ),
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:X",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N/A:H",
        "CVSS:5.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
        "CVSS:2/AV:N/AC:L/Au:N/C:N/I:N",
        "CVSS:4.0/AV:NA/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
        "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
    ],
)
def test_what_is_no_vector_has_no_score(vector: str) -> None:
    assert base_score(vector) is None


V3 = {"AV": "NALP", "AC": "LH", "PR": "NLH", "UI": "NR", "S": "UC", "C": "NLH", "I": "NLH", "A": "NLH"}


@pytest.mark.parametrize(
    ("prefix", "metrics", "digest"),
    [
        # Digests of what Red Hat's cvss 3.6 gives for all of them, in this order.
        (
            "",
            {"AV": "LAN", "AC": "HML", "Au": "MSN", "C": "NPC", "I": "NPC", "A": "NPC"},
            "a6e75c14978167252073045ab0080870523d0bcfa26c5653eb59ff432129e6a1",
        ),
        ("CVSS:3.0/", V3, "324d3da94b5849ea372cd602e7bd59c4883032f6d1e843fe0f64ba8011b52554"),
        ("CVSS:3.1/", V3, "324d3da94b5849ea372cd602e7bd59c4883032f6d1e843fe0f64ba8011b52554"),
        (  # some of 104,976, every level of every set among them
            "CVSS:4.0/",
            {
                **{
                    "AV": "NAP",
                    "AC": "LH",
                    "AT": "NP",
                    "PR": "NL",
                    "UI": "NA",
                    "VC": "HLN",
                    "VI": "HN",
                    "VA": "LN",
                },
                **{"SC": "HN", "SI": "LN", "SA": "N"},
            },
            "75a18dc05a1f0dd813e5b13a3c727a2e434bfbff27f5e23befd1d41cbdf69290",
        ),
    ],
    ids=["2", "3.0", "3.1", "4.0"],
)
def test_every_base_vector(prefix: str, metrics: dict[str, str], digest: str) -> None:
    scores = []
    for values in itertools.product(*metrics.values()):
        score = base_score(prefix + "/".join(map(":".join, zip(metrics, values, strict=True))))
        scores.append(f"{score:.1f}")
    assert hashlib.sha256(" ".join(scores).encode()).hexdigest() == digest
