"""Pictures are compared here; those that differ stand in the plugin's report, the old one beside the new one."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest
import pytest_textual_snapshot as plugin
from rich.console import Console
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode


class Picture(SingleFileSnapshotExtension):
    """A picture in a file of its own, as text."""

    file_extension = "svg"
    _write_mode = WriteMode.TEXT


@pytest.fixture
def same(snapshot: SnapshotAssertion, request: pytest.FixtureRequest) -> Callable[..., bool]:
    """Whether a picture is the one that is kept; with a name where a test has several."""
    kept = snapshot.use_extension(Picture)

    def compare(picture: str, name: str = "") -> bool:
        result = (kept(name=name) if name else kept) == picture
        before = kept.executions[kept.num_executions - 1].recalled_data
        path, line, title = request.node.reportinfo()
        told = (
            result,
            str(before),
            picture,
            plugin.PseudoApp(plugin.PseudoConsole(False, Console().size)),
            path,
            line,
            f"{title} {name}".strip(),
            request.node.function.__doc__ or "",
            "",
            before is not None,
        )
        report = plugin.node_to_report_path(request.node)
        report.with_name(f"{report.name}_{name}").write_bytes(pickle.dumps(told))
        return result

    return compare
