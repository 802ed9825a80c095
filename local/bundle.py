"""The functions' and the layer's code as Lambda wants it: one zip each."""

from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile


def zipped(folder: Path, under: str = "") -> bytes:
    """A folder's files, below `under`, without what Python compiled from them."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, str(Path(under) / path.relative_to(folder)))
    return buffer.getvalue()
