"""Which words a mail was made with: kept beside each mail that goes, so that anybody can say later what it said (W15)."""

import hashlib
from pathlib import Path

from notifier.domain.wording import catalogue

LENGTH = 12  # letters; the chance that two versions share them is nil
_PAGES = "page"  # templates that are no mail's


def wording_version(templates: Path, catalogues: Path = catalogue.FOLDER) -> str:
    """The same as long as no word of the mails' templates and sentences changes; English stands in the catalogues too."""
    digest = hashlib.sha256()
    for folder, pattern in ((templates, "*"), (catalogues, "*.po")):
        for path in sorted(path for path in folder.rglob(pattern) if path.is_file()):
            name = path.relative_to(folder)
            if name.parts[0] != _PAGES:
                digest.update(f"{name.as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:LENGTH]
