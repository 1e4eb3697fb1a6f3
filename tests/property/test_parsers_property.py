"""Readers of reports, whatever the file: a report that a ledger can hold, or one line that says why not."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from harness.reports import DOCUMENTS, SAMPLES, read_report
from hypothesis import given, settings
from hypothesis import strategies as st

# What tools could write, and what they never would.
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(
        ["", " ", "error", "\x00", "a\nb", "NaN", "9" * 400, [], {}, [[]], [{}], {"": {}}, -1, 0, 1e308]
    ),
)


@st.composite
def spoilt(draw: st.DrawFn, documents: list[Any]) -> Any:
    """A document with a few of its values changed, removed or put elsewhere."""
    document = copy.deepcopy(draw(st.sampled_from(documents)))
    for _ in range(draw(st.integers(1, 3))):
        holder = document
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(holder[key], (dict, list)) and holder[key] and draw(st.integers(0, 3)):
                holder = holder[key]
                continue
            way = draw(st.sampled_from(["change", "remove", "double", "wrap"]))
            if way == "change":
                holder[key] = copy.deepcopy(draw(ODD))
            elif way == "remove":
                del holder[key]
            elif way == "wrap":
                holder[key] = [holder[key]]
            elif isinstance(holder, list):
                holder.append(copy.deepcopy(holder[key]))
            else:
                holder[draw(st.text(max_size=4))] = copy.deepcopy(holder[key])
            break
    return document


@st.composite
def edited(draw: st.DrawFn, samples: list[bytes]) -> bytes:
    """A file with some of its bytes cut out, doubled or replaced."""
    data = bytearray(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(0, 3))):
        at, size = draw(st.integers(0, len(data))), draw(st.integers(0, 20))
        data[at : at + size] = draw(
            st.binary(max_size=6)
            | st.just(bytes(data[at : at + size]) * 2)
            | st.sampled_from(
                [b"<!DOCTYPE a [", b"&a;", b"<!--", b"]]>", b"<a:b/>", b'"', b"\\u0000", b"1e999", b"NaN"]
            )
        )
    return bytes(data)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reports") / "report.any"


@pytest.mark.parametrize("type", SAMPLES)
def test_the_samples_are_read(type: str, path: Path) -> None:
    for sample in SAMPLES[type]:
        path.write_bytes(sample)
        assert read_report(type, path) is not None


@pytest.mark.parametrize("type", DOCUMENTS)
@settings(max_examples=300)
@given(data=st.data())
def test_any_document(type: str, path: Path, data: st.DataObject) -> None:
    path.write_text(json.dumps(data.draw(spoilt(DOCUMENTS[type]))))
    read_report(type, path)


@pytest.mark.parametrize("type", SAMPLES)
@settings(max_examples=150)
@given(data=st.data())
def test_any_bytes(type: str, path: Path, data: st.DataObject) -> None:
    path.write_bytes(data.draw(edited(SAMPLES[type]) | st.binary(max_size=100)))
    read_report(type, path)
