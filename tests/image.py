"""Builds the image of the sandbox without a registry: `python tests/image.py` (`make container`).

Its base is this machine's Python with the shared libraries that it needs, unless BASE names one; what goes on it are
wheels, from PyPI and of this checkout. Base and dependencies are cached by the engine.
"""

from __future__ import annotations

import io
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build" / "container"
IMAGE = "snowmaker-sandbox"
PYTHON = Path(sys.base_prefix)
LEFT_OUT = re.compile(
    r"/(?:__pycache__|test|tests|idlelib|tkinter|turtledemo|config-[^/]*|site-packages/(?!pip(?:[-/]|$)).*)(?:/|$)|\.a$"
)
# What wheels expect of any Linux: https://peps.python.org/pep-0599/#the-manylinux2014-policy
ALSO = (
    *("libgcc_s.so.1", "libstdc++.so.6", "libm.so.6", "libdl.so.2", "librt.so.1", "libc.so.6", "libutil.so.1"),
    *("libpthread.so.0", "libresolv.so.2"),
)


def docker(*arguments: str, **options: object) -> str:
    """Run the client; what it says. Raises RuntimeError with what it said where that fails."""
    done = subprocess.run(
        ["docker", *arguments], capture_output=True, env={**os.environ, "DOCKER_BUILDKIT": "0"}, **options
    )  # type: ignore[call-overload]
    if done.returncode:
        raise RuntimeError(f"docker {' '.join(arguments)}: {done.stdout.decode()}{done.stderr.decode()}")
    return str(done.stdout.decode())


def missing() -> str:
    """Why no image can be built here, or ''."""
    if shutil.which("docker") is None:
        return "there is no docker"
    if sys.platform != "linux":
        return "the base is made from a Linux machine's Python"
    try:
        docker("info", "--format", "{{.ServerVersion}}", timeout=20)
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        return f"no Docker engine answers: {str(error).splitlines()[-1]}"
    return ""


def base() -> str:
    """The base image, made where it is not there yet."""
    given = os.environ.get("BASE")
    if given:
        return given
    name = f"{IMAGE}-base:{platform.python_version()}-{platform.machine()}"
    if not docker("images", "-q", name).strip():
        docker(
            "import",
            "--change",
            f"ENV PATH={PYTHON}/bin:/usr/bin:/bin LANG=C.UTF-8",
            "-",
            name,
            input=_system(),
        )
    return name


def _system() -> bytes:
    """A file system with Python, a shell, and the libraries of both, as tar."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.add(PYTHON, filter=lambda one: None if LEFT_OUT.search(f"/{one.name}") else one)
        for library in libraries():
            tar.add(os.path.realpath(library), arcname=library)
        tar.add(os.path.realpath("/bin/sh"), arcname="/bin/sh")
        for name, mode in (("tmp", 0o1777), ("etc", 0o755)):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, mode
            tar.addfile(folder)
    return out.getvalue()


def libraries() -> list[str]:
    """The shared libraries outside of Python's folder that it, a shell, and wheels need."""
    programs = (os.path.realpath(PYTHON / "bin" / "python3"), os.path.realpath("/bin/sh"))
    said = subprocess.run(
        ["ldd", *programs, *PYTHON.glob("lib/python3*/lib-dynload/*.so")], capture_output=True, text=True
    ).stdout
    found = set(re.findall(r"(/\S+\.so\S*) \(0x", said))
    folders = {os.path.dirname(one) for one in found if os.path.basename(one) == "libc.so.6"}
    found |= {path for name in ALSO for folder in folders if os.path.exists(path := f"{folder}/{name}")}
    return sorted(one for one in found if not Path(one).is_relative_to(PYTHON))


def wheels() -> None:
    """Put the wheels of this checkout, and of what its sandbox needs, where the Dockerfile looks for them."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    shutil.rmtree(BUILD, ignore_errors=True)
    subprocess.run([*pip, "--no-deps", "--wheel-dir", BUILD / "snowmaker", ROOT], check=True)
    (own,) = (BUILD / "snowmaker").glob("*.whl")
    subprocess.run([*pip, "--wheel-dir", BUILD / "dependencies", f"{own}[sandbox]"], check=True)
    (BUILD / "dependencies" / own.name).unlink()


def build() -> str:
    """The image, built; its name. What had the name before is removed."""
    wheels()
    options = ["--build-arg", f"BASE={base()}", "--label", IMAGE, "-t", IMAGE, "-f", str(ROOT / "Dockerfile")]
    docker("build", *options, str(BUILD))
    docker("image", "prune", "--force", "--filter", f"label={IMAGE}")
    return IMAGE


if __name__ == "__main__":
    reason = missing()
    if reason:
        sys.exit(reason)
    started = time.monotonic()
    print(f"{build()} built in {time.monotonic() - started:.0f} s")
