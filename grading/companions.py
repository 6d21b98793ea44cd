"""The files beside a program, as its checks find them: archives are unpacked in the sandbox."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from audit import record
from grading.files.unpacking import unpacked
from grading.models import Response, Submission, Upload
from grading.models.submissions import source_digest


@dataclass(frozen=True)
class Companion:
    """`shown` is what others may see of a picture."""

    path: str
    content: bytes
    shown: bytes = b""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def unpack(response: Response) -> None:
    """Puts the files of archives in their place. For a worker: the sandbox is needed. Raises
    Refused naming the file, and SandboxUnavailable.
    """
    main = response.item.filename
    for packed in [each for each in response.uploads.all() if each.is_packed]:
        found = unpacked(bytes(packed.content), packed.name, main)
        found.pop(main, None)  # it is in the editor since it was handed in
        files = [Companion(path, content) for path, content in found.items()]
        with transaction.atomic():
            submission = Submission.objects.select_for_update().get(pk=response.submission_id)
            gone, _rows = Upload.objects.filter(pk=packed.pk).delete()
            if not gone:
                continue  # somebody else was faster
            replace(response, files)
            if not submission.is_open:
                _record(submission, packed, files)


def _record(submission: Submission, packed: Upload, files: Iterable[Companion]) -> None:
    """So that the record of what was handed in can still be checked against what is kept."""
    record.append(
        submission.pk,
        "submission.unpacked",
        "cograde",
        {"archive": packed.sha256, "files": sorted(each.sha256 for each in files)},
    )


@dataclass(frozen=True)
class Beside:
    """The files beside a text, by their path, and the digest of all of it."""

    files: dict[str, bytes]
    digest: str


def beside(response: Response, source: str) -> Beside:
    """What is there at this moment, read at once: the digest is of what is given."""
    if not response.item.takes_files:
        return Beside({}, source_digest(source, ()))
    rows = list(response.uploads.order_by("name").values_list("name", "sha256", "content"))
    digest = source_digest(source, [(name, sha256) for name, sha256, _content in rows])
    return Beside({name: bytes(content) for name, _sha256, content in rows}, digest)


def replace(response: Response, files: Iterable[Companion]) -> None:
    """Keeps files instead of those with the same paths."""
    files = list(files)
    response.uploads.filter(name__in=[each.path for each in files]).delete()
    Upload.objects.bulk_create(
        Upload(
            response=response,
            name=each.path,
            size=len(each.content),
            sha256=each.sha256,
            content=each.content,
            shown=each.shown,
        )
        for each in files
    )
