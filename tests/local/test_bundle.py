"""What is in the zips that are deployed."""

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from local.bundle import zipped


def test_it_packs_a_folder_without_what_python_compiled(tmp_path: Path) -> None:
    (tmp_path / "package" / "__pycache__").mkdir(parents=True)
    (tmp_path / "app.py").write_text("x = 1")
    (tmp_path / "package" / "data.json").write_text("{}")
    (tmp_path / "package" / "__pycache__" / "app.cpython-311.pyc").write_text("")
    with ZipFile(BytesIO(zipped(tmp_path, "python"))) as archive:
        assert archive.namelist() == ["python/app.py", "python/package/data.json"]
