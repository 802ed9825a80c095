"""`make run`: template.yaml deployed to an embedded AWS and served until Ctrl-C; nothing stays behind."""

import asyncio
import os
import sys
import tempfile

from local.settings import BadSettingError, Settings, embedded_aws_environment, read_settings


def main() -> None:
    try:
        settings = read_settings(os.environ)
        _clean_environment(settings)
        from local.run import run  # noqa: PLC0415  # the embedded AWS reads its environment when it is imported

        asyncio.run(run(settings))
    except BadSettingError as error:
        sys.exit(f"make run: {error}")


def _clean_environment(settings: Settings) -> None:
    path = os.environ.get("PATH", os.defpath)
    os.environ.clear()
    os.environ.update(embedded_aws_environment(settings, path))
    tempfile.tempdir = str(settings.folder)


if __name__ == "__main__":
    main()
