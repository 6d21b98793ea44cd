"""The files beside a program, as its checks find them: archives are unpacked in the sandbox."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from grading.files.unpacking import unpacked
from grading.models import Response, Submission, Upload


@dataclass(frozen=True)
class Companion:
    path: str
    content: bytes


def unpack(response: Response) -> None:
    """Puts the files of archives in their place. For a worker: the sandbox is needed. Raises
    Refused naming the file, and SandboxUnavailable.
    """
    for packed in [each for each in response.uploads.all() if each.is_packed]:
        found = unpacked(bytes(packed.content), packed.name)
        found.pop(response.item.filename, None)  # it is in the editor since it was handed in
        with transaction.atomic():
            Submission.objects.select_for_update().get(pk=response.submission_id)
            gone, _rows = Upload.objects.filter(pk=packed.pk).delete()
            if gone:  # else somebody else was faster
                replace(response, [Companion(path, content) for path, content in found.items()])


def beside(response: Response) -> dict[str, bytes]:
    """The files by their path."""
    return {each.name: bytes(each.content) for each in response.uploads.all()}


def replace(response: Response, files: Iterable[Companion]) -> None:
    """Keeps files instead of those with the same paths."""
    files = list(files)
    response.uploads.filter(name__in=[each.path for each in files]).delete()
    Upload.objects.bulk_create(
        Upload(
            response=response,
            name=each.path,
            size=len(each.content),
            sha256=hashlib.sha256(each.content).hexdigest(),
            content=each.content,
        )
        for each in files
    )
