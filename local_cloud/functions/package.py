"""Where on this machine is the code of a deployed zip?"""

import hashlib
import io
import shutil
import tempfile
import zipfile
from pathlib import Path

from local_cloud.functions.invocation import InvalidPackage


def unpacked(zip_bytes: bytes, *, into: Path) -> Path:
    """The folder with the zip's files, made once for each content.

    The files get today's time, not the zip's, so that Python trusts the bytecode it writes next to them.

    Raises:
        InvalidPackage: These bytes are no zip.

    """
    folder = into / hashlib.sha256(zip_bytes).hexdigest()[:32]
    if folder.exists():
        return folder
    partial = Path(tempfile.mkdtemp(dir=into))
    try:
        with zipfile.ZipFile(io.BytesIO(zip_bytes)) as archive:
            archive.extractall(partial)  # the zip is ours: CDK made it
        partial.rename(folder)
    except zipfile.BadZipFile as wrong:
        raise InvalidPackage(str(wrong)) from wrong
    except OSError:
        if not folder.exists():  # else another thread was faster
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder
