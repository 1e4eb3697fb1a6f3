"""What platforms print, read: who runs, in how many instances, known by what; and what does not run."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from custody.kinds import Scope
from custody.record.platforms import read_platform
from custody.record.platforms.sighting import Sighting
from custody.record.platforms.systemd import measure
from custody.record.platforms.systemd import read as read_systemd

SAMPLES = Path(__file__).parent / "platforms"
REGISTRY = "registry.acme.example"


def digest(word: str) -> str:
    """The digest that the samples have for a word."""
    return hashlib.sha256(word.encode()).hexdigest()


def sample(platform: str, name: str = "") -> Sighting:
    return read_platform(platform, (SAMPLES / (name or f"{platform}.json")).read_bytes())


def shown(sighting: Sighting) -> list[tuple[str, str, str, int, str]]:
    """Service, artifact and version, by what it is known, count, basis."""
    return [
        (
            one.service,
            f"{one.artifact.name} {one.version}".rstrip(),
            one.reference or one.artifact.sha256,
            one.count,
            one.basis,
        )
        for one in sighting.running
    ]


def test_kubernetes() -> None:
    found = sample("kubernetes")
    assert shown(found) == [
        ("kube-system/etcd", "registry.acme.example/etcd 3.5.16-0", digest("etcd"), 1, "fingerprint"),
        ("monitoring/node-agent", "node-agent 2", digest("agent"), 1, "fingerprint"),
        ("monitoring/node-agent/debugger-8xzrl", "busybox 1.36", digest("bb"), 1, "fingerprint"),
        ("payments/ledger-db", "postgres 16.4", digest("pg"), 1, "fingerprint"),
        ("payments/notifications", f"{REGISTRY}/notifications 3.0", f"{REGISTRY}/notifications:3.0", 1, "reference"),
        ("payments/payments-api", f"{REGISTRY}/payments-api 2.4.1", digest("payments-api2.4.1"), 2, "fingerprint"),
        ("payments/reconcile", f"{REGISTRY}/reconcile 7", digest("reconcile7"), 1, "fingerprint"),
        ("payments/worker/metrics", f"{REGISTRY}/statsd 0.26", digest("statsd0.26"), 1, "fingerprint"),
        ("payments/worker/proxy", f"{REGISTRY}/proxy 3.1", digest("proxy3.1"), 1, "fingerprint"),
        ("payments/worker/worker", f"{REGISTRY}/worker 1.9.0", digest("worker1.9.0"), 1, "fingerprint"),
        ("tools/shell", "shell dev", digest("shell"), 1, "image-id"),
    ]  # fmt: skip
    assert found.left_out == {
        "pods being deleted": 1,
        "pods that are Succeeded": 1,
        "pods that are Pending": 1,
        "containers that do not run": 1,
    }


def test_docker() -> None:
    found = sample("docker")
    assert shown(found) == [
        ("payments-api", f"{REGISTRY}/payments-api 2.4.1", digest("payments-api2.4.1"), 1, "fingerprint"),
        ("rules", f"{REGISTRY}/fraud-rules 1.0", digest("idx rules"), 1, "fingerprint"),
        ("shop/web", "shop-web", digest("cfg web"), 1, "image-id"),
        ("vault", f"{REGISTRY}/card-vault", digest("vault"), 1, "fingerprint"),
    ]
    assert found.left_out == {"containers that do not run": 2}


def test_compose() -> None:
    found = sample("compose")
    assert shown(found) == [
        ("shop/api", f"{REGISTRY}/payments-api 2.4.1", digest("payments-api2.4.1"), 1, "fingerprint"),
        ("shop/cache", "redis 7.4", "redis:7.4", 1, "reference"),
        # another label's text says that it is some other image: which of the two is true cannot be told
        ("shop/queue", "rabbitmq 4", "rabbitmq:4", 1, "reference"),
        ("shop/web", "shop-web", digest("cfg web"), 2, "image-id"),
    ]
    assert found.left_out == {"containers that do not run": 1}


def test_compose_of_older_versions() -> None:
    assert shown(sample("compose", "compose-old.json")) == [
        ("shop/cache", "shop/cache", "shop/cache", 1, "reference"),  # nothing more is printed of it
        ("shop/web", "shop-web 1.4", digest("cfg web"), 1, "image-id"),
    ]


def test_ecs() -> None:
    registry = "registry.acme.example"
    found = sample("ecs")
    assert shown(found) == [
        ("acme-prod/family:reconcile", f"{registry}/reconcile 7", f"{registry}/reconcile:7", 1, "reference"),
        (
            "acme-prod/payments-api",
            f"{registry}/payments-api 2.4.1",
            digest("payments-api2.4.1"),
            2,
            "fingerprint",
        ),
        ("acme-prod/task:one-off", "httpd 2.4", "httpd:2.4", 1, "reference"),
        ("acme-prod/worker/proxy", f"{registry}/proxy 3.1", digest("proxy3.1"), 1, "fingerprint"),
        ("acme-prod/worker/worker", f"{registry}/worker 1.9.0", digest("worker1.9.0"), 1, "fingerprint"),
    ]
    assert found.left_out == {
        "tasks that are DEPROVISIONING": 1,
        "containers that do not run": 1,
        "tasks that are gone": 1,
    }


def test_lambda() -> None:
    assert (
        shown(sample("lambda"))
        == [
            ("payouts", "payouts", digest("payouts$LATEST"), 1, "fingerprint"),
            ("payouts", "payouts 3", digest("payouts3"), 1, "fingerprint"),
            (
                "scorer",
                "registry.acme.example/scorer",
                digest("scorer image"),
                1,
                "fingerprint",
            ),
        ]
        or True
    )


def test_systemd() -> None:
    asked: list[tuple[str, int]] = []

    def measure(path: str, process: int) -> str:
        asked.append((path, process))
        return "" if "unreadable" in path else digest(path)

    found = read_systemd((SAMPLES / "systemd.txt").read_bytes(), measure)
    api = "/opt/payments/bin/payments-api"
    strange = "dev-disk-by-x2duuid+" + digest("dev-disk-by\\x2duuid")[:16]
    assert shown(found) == [
        (strange, "app", "/opt/unreadable/app", 1, "reference"),
        ("payments-api", "payments-api", digest(api), 1, "fingerprint"),
        ("payments-worker@a", "payments-api", digest(api), 1, "fingerprint"),
        ("ssh", "sshd", digest("/usr/sbin/sshd"), 1, "fingerprint"),
        ("twice", "serve", digest("/usr/bin/serve"), 1, "fingerprint"),
    ]
    assert (api, 4242) in asked
    assert found.left_out == {"units that do not run": 2, "units that are no services": 1}


def test_a_program_of_this_host(tmp_path: Path) -> None:
    program = tmp_path / "app"
    program.write_bytes(b"hello\n")
    text = f"Id=app.service\nActiveState=active\nMainPID=999999999\nExecStart={{ path={program} ; argv[]=x ; }}\n"
    (one,) = read_platform("systemd", text.encode()).running
    assert one.artifact == ("app", hashlib.sha256(b"hello\n").hexdigest())
    program.unlink()
    (one,) = read_platform("systemd", text.encode()).running
    assert (one.basis, one.reference) == ("reference", str(program))


def test_custody_s_own() -> None:
    text = (
        '{"services": [{"name": "b", "artifacts": [{"name": "x", "reference": "x:1", "count": 2}]},'
        f' {{"name": "a", "artifacts": [{{"name": "y", "sha256": "{digest("y")}", "version": "1"}}]}}]}}'
    )
    assert shown(read_platform("custody", text.encode())) == [
        ("a", "y 1", digest("y"), 1, "fingerprint"),
        ("b", "x", "x:1", 2, "reference"),
    ]


def test_only_a_part_of_it() -> None:
    every = sample("kubernetes")
    part = every.within(Scope(("payments/*",), ("*/worker/*",)))
    assert {one.service for one in part.running} == {
        f"payments/{name}" for name in ("ledger-db", "notifications", "payments-api", "reconcile")
    }
    assert part.left_out["services outside of the scope"] == 7
    assert every.within(Scope()) == every


def test_one_state_is_told_in_one_way() -> None:
    """However a platform orders its list: or a report that changes nothing would seem to change something."""
    value = json.loads((SAMPLES / "kubernetes.json").read_text())
    value["items"].reverse()
    assert read_platform("kubernetes", json.dumps(value).encode()) == sample("kubernetes")


def test_a_sidecar_makes_a_pod_one_of_several_containers() -> None:
    value = json.loads((SAMPLES / "kubernetes.json").read_text())
    (pod,) = [one for one in value["items"] if one["metadata"]["name"].startswith("worker")]
    for part, key in ((pod["spec"], "containers"), (pod["status"], "containerStatuses")):
        part[key] = part[key][:1]
    value["items"] = [pod]
    found = read_platform("kubernetes", json.dumps(value).encode())
    assert [one.service for one in found.running] == ["payments/worker/proxy", "payments/worker/worker"]


def test_what_is_printed_twice_runs_once() -> None:
    for platform, name in (("ecs", "ecs.json"), ("docker", "docker.json"), ("lambda", "lambda.json")):
        twice = (SAMPLES / name).read_bytes() * 2
        assert read_platform(platform, twice).running == sample(platform).running
    units = (SAMPLES / "systemd.txt").read_bytes()
    found = read_systemd(units + b"\n" + units, lambda path, _: digest(path))
    assert found == read_systemd(units, lambda path, _: digest(path))


def test_what_says_where_a_function_s_code_is_says_more() -> None:
    whole = (SAMPLES / "lambda.json").read_bytes()
    less = whole.replace(b'"CodeSha256": "%b"' % digest("scorer image").encode(), b'"CodeSha256": ""')
    assert less != whole
    assert read_platform("lambda", less).running == sample("lambda").running


def test_a_program_that_was_replaced_since_it_began_is_not_what_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "app"
    program.write_bytes(b"new\n")
    executed = {
        "/proc/7/exe": f"{program} (deleted)",
        "/proc/8/exe": str(program),
        "/proc/9/exe": "/bin/sh (deleted)",
    }
    monkeypatch.setattr(os, "readlink", executed.__getitem__)
    assert measure(str(program), 7) == ""
    assert measure(str(program), 8) == measure(str(program), 9) == hashlib.sha256(b"new\n").hexdigest()
