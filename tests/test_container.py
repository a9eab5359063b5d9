"""The sandbox in a container: built without a registry, deployed to from outside. Without an engine it is skipped."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import snowflake.connector

from snowmaker import Project
from snowmaker.cli import command_of, run
from snowmaker.testing import SandboxContainer
from snowmaker.testing.container import IMAGE, PORT
from tests import image

DOCKERFILE = (image.ROOT / "Dockerfile").read_text()


def started_with() -> list[str]:
    """The command line by which the Dockerfile starts the sandbox."""
    return [
        word
        for line in re.findall(r"^(?:ENTRYPOINT|CMD) (\[.*\])$", DOCKERFILE, re.MULTILINE)
        for word in json.loads(line)
    ]


def test_the_dockerfile_starts_what_there_is() -> None:
    program, group, *arguments = started_with()
    assert (program, group, arguments[0]) == ("snowmaker", "sandbox", "serve")
    serve = command_of("sandbox").commands["serve"]  # type: ignore[attr-defined]
    said = serve.make_context("serve", arguments[1:]).params
    assert (said["host"], said["port"], said["memory"]) == ("0.0.0.0", PORT, True)
    assert f"EXPOSE {PORT}\n" in DOCKERFILE
    assert image.IMAGE == IMAGE


def test_what_is_said_when_it_listens() -> None:
    """SandboxContainer waits for that; SIGTERM, which stops a container, ends it."""
    command = [sys.executable, "-m", "snowmaker", *started_with()[1:]]
    command[command.index(str(PORT))] = "0"
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as served:
        assert served.stdout is not None
        lines = [served.stdout.readline().strip() for _ in range(6)]
        served.terminate()
        served.wait(20)
    assert lines[0] == "[sandbox]"
    assert 'host = "127.0.0.1"' in lines


def test_the_base_has_what_a_wheel_expects() -> None:
    if sys.platform != "linux":
        pytest.skip("the base is made from a Linux machine's Python")
    found = set(image.libraries())
    assert {Path(one).name for one in found} >= set(image.ALSO)
    assert all(Path(one).exists() for one in found)


@pytest.fixture(scope="module")
def container() -> Iterator[SandboxContainer]:
    reason = image.missing()
    if reason:
        pytest.skip(reason)
    from testcontainers.core.config import testcontainers_config

    image.build()
    testcontainers_config.ryuk_disabled = True  # its own image would come from a registry
    with SandboxContainer() as opened:
        yield opened


@pytest.mark.slow
def test_a_deploy_from_outside(container: SandboxContainer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The example project, whose PUT takes a file into the container."""
    assert run(["init", "--example", str(tmp_path / "p")]) == 0
    connection = ", ".join(f"{key} = {json.dumps(value)}" for key, value in container.connection().items())
    with (tmp_path / "p" / "snowmaker.toml").open("a") as file:
        file.write(
            f'\n[environments.box]\nconnection = {{ {connection} }}\ncreate_database = true\nvars = {{ prefix = "" }}\n'
        )
    for command in (["migrate", "--yes"], ["apply", "--yes"], ["test"], ["verify", "--all"], ["status", "--json"]):
        assert run([*command, "-e", "box", "-C", str(tmp_path / "p")]) == 0, capsys.readouterr().err
    with snowflake.connector.connect(**container.connection()) as plain:
        rows = plain.cursor().execute("SELECT COUNT(*) FROM SNOWMAKING.RAW.WEATHER").fetchall()
        many = plain.cursor().execute("SELECT SEQ4() FROM TABLE(GENERATOR(ROWCOUNT => 300000))").fetchall()
    assert rows == [(26_115,)]
    assert len(many) == 300_000  # in pieces, each from a URL
    with Project(tmp_path / "p", environment="box") as project:
        assert {one.state for one in project.status()} == {"applied"}


@pytest.mark.slow
def test_it_is_published_on_this_machine_alone(container: SandboxContainer) -> None:
    name = container.get_container_id()
    assert image.docker("port", name).split() == [f"{PORT}/tcp", "->", f"127.0.0.1:{container.port}"]
    assert image.docker("exec", name, "python", "-c", "import os; print(os.getuid())").strip() != "0"
    assert os.getpid() != 1
