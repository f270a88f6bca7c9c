"""Which Chromium opens a page: this machine's own, or the one that npm has brought?

That of npm is the package @sparticuz/chromium: a headless Chromium for Linux on x86-64, with the libraries and the font
it needs, packed with Brotli. It is unpacked once, into ``build``; nothing is downloaded and nothing installed.
"""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "node_modules/@sparticuz/chromium"
_UNPACK = "process.stdin.pipe(require('zlib').createBrotliDecompress({chunkSize: 1 << 20})).pipe(process.stdout)"
_FONTS = '<fontconfig><dir prefix="relative">fonts</dir><cachedir prefix="xdg">fonts</cachedir></fontconfig>'
_LACKS_LIBRARIES = re.compile(r".*(?:error while loading shared libraries|version `GLIBC).*")


class CannotRunHereError(Exception):
    """There is no Chromium for this machine; says why."""


@dataclass(frozen=True, slots=True)
class Chromium:
    """A program, and the variables that it needs beside those of this process."""

    program: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, **self.variables}


def find_chromium() -> Chromium:
    """One that runs here.

    Raises:
        CannotRunHereError: There is none.

    """
    own = shutil.which("chromium") or shutil.which("google-chrome")
    if own:
        return Chromium(Path(own))
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise CannotRunHereError("no Chromium is installed, and npm's is for Linux on x86-64")
    assert PACKAGE.exists(), "node_modules has no @sparticuz/chromium: `make test` installs it"
    return _started(_unpacked())


def _started(folder: Path) -> Chromium:
    """What was unpacked, once it has said its version."""
    variables = {"LD_LIBRARY_PATH": str(folder / "lib"), "FONTCONFIG_FILE": str(folder / "fonts.conf")}
    found = Chromium(folder / "chromium", variables)
    try:
        done = subprocess.run(
            [found.program, "--version"], env=found.environment, capture_output=True, text=True, check=False, timeout=60
        )
    except OSError as error:  # another libc
        raise CannotRunHereError(f"npm's Chromium does not start: {error}") from error
    if lacks := _LACKS_LIBRARIES.search(done.stderr):
        raise CannotRunHereError(f"npm's Chromium does not start: {lacks[0]}")
    assert done.returncode == 0, done.stderr
    return found


def _unpacked() -> Path:
    """Where the package's Chromium is unpacked; a folder of this name is whole, whichever process made it."""
    version = json.loads((PACKAGE / "package.json").read_text(encoding="utf-8"))["version"]
    there = ROOT / "build" / f"chromium-{version}"
    if not there.exists():
        there.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=there.parent, prefix="chromium-") as scratch:
            fresh = Path(scratch) / "fresh"
            fresh.mkdir()
            _unpack_into(fresh)
            with suppress(OSError):  # another process was first
                fresh.rename(there)
    return there


def _unpack_into(folder: Path) -> None:
    program = folder / "chromium"
    _decompress("chromium.br", program)
    program.chmod(0o755)
    for name in ("al2023", "fonts"):
        archive = folder / f"{name}.tar"
        _decompress(f"{name}.tar.br", archive)
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        archive.unlink()
    (folder / "fonts.conf").write_text(_FONTS, encoding="utf-8")  # the package's names folders of AWS Lambda


def _decompress(name: str, to: Path) -> None:
    """Python reads no Brotli by itself; Node, which is there for the CDK, does."""
    node = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}")
    with (PACKAGE / "bin" / name).open("rb") as packed, to.open("wb") as plain:
        subprocess.run([node or "node", "-e", _UNPACK], stdin=packed, stdout=plain, check=True, timeout=120)
