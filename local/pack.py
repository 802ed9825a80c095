"""Make what `sam build` built start fast: `make build` runs it, by the Python that Lambda runs.

Lambda's file system is read-only, so without compiled modules every cold start compiles all that it imports.
botocore carries the descriptions of four hundred services, of which we call five; and what a function carries
and the layer has, too, is there twice. Figures: docs/performance.md. Safe to run twice; a build that was not
packed works as well, only slower.
"""

import compileall
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Final

RUNTIME: Final = (3, 13)
SERVICES: Final = frozenset({"apigatewaymanagementapi", "dynamodb", "secretsmanager", "sesv2", "sns"})
LAYER: Final = "PipelineHealthLayer/python"
MEGABYTES: Final = {
    "*": 40,
    "AuthorizerFunction": 50,
}  # the latter brings OpenSSL, for tokens of OpenID Connect
SDK: Final = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3")
INGEST_WITHOUT_SDK: Final = 25


def main(build: Path) -> None:
    if sys.version_info[:2] != RUNTIME:
        sys.exit("Compile with the Python that Lambda runs: {}.{}".format(*RUNTIME))
    if not build.is_dir():
        sys.exit(f"{build} is not there: run `sam build` first.")
    before = _megabytes(build)
    for folder in _unused(build):
        shutil.rmtree(folder)
    for file in _twice(build):
        file.unlink(missing_ok=True)
    _compile(build)
    print(f"Packed {build}: {before:.0f} MB -> {_megabytes(build):.0f} MB")
    if heavy := list(_too_heavy(build)):
        sys.exit("\n".join(heavy))


def _unused(build: Path) -> Iterator[Path]:
    """The folders of services that no function calls."""
    for data in build.glob("*/python/botocore/data"):
        yield from (each for each in data.iterdir() if each.is_dir() and each.name not in SERVICES)
    for data in build.glob("*/python/boto3/data"):
        yield from (each for each in data.iterdir() if each.is_dir())  # of resources; we use clients
    yield from build.glob("*/python/pydantic/v1")  # FastAPI imports it, where it is, to refuse its models


def _twice(build: Path) -> Iterator[Path]:
    """The files of a function's own packages that the layer holds in the same version."""
    shared = {folder.name for folder in (build / LAYER).glob("*.dist-info")}
    for record in build.glob("*/*.dist-info/RECORD"):
        if record.parent.name in shared:
            files = [line.rsplit(",", 2)[0] for line in record.read_text(encoding="utf-8").splitlines()]
            yield from (record.parent.parent / file for file in files)


def _compile(build: Path) -> None:
    """Unchecked: Lambda's copies have other times than these, and nobody edits them."""
    folders = [folder for folder in build.iterdir() if folder.is_dir()]
    for folder in folders:
        done = compileall.compile_dir(
            folder, quiet=1, stripdir=str(folder), invalidation_mode=PycInvalidationMode.UNCHECKED_HASH
        )
        if not done:
            sys.exit(f"Something in {folder} does not compile; see above.")


def _too_heavy(build: Path) -> Iterator[str]:
    """The guard of every function's size, unzipped and with the layer; Lambda itself refuses 250 MB."""
    layer = _megabytes(build / LAYER)
    sdk = sum(_megabytes(build / LAYER / name) for name in SDK)
    for folder in (each for each in build.iterdir() if each.is_dir() and not LAYER.startswith(each.name)):
        size = _megabytes(folder) + layer
        most = MEGABYTES.get(folder.name, MEGABYTES["*"])
        if size > most:
            yield f"{folder.name} and its layer are {size:.0f} MB; more than {most} start too slowly."
        if folder.name == "IngestFunction" and size - sdk > INGEST_WITHOUT_SDK:
            yield f"{folder.name} without the AWS SDK is {size - sdk:.0f} MB, more than {INGEST_WITHOUT_SDK}."


def _megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


if __name__ == "__main__":
    main(Path(sys.argv[1]))
