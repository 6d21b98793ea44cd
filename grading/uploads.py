"""Files that are handed in: taken, refused by name, removed."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from grading import companions, intake
from grading.companions import Companion
from grading.errors import NotAccepted
from grading.files import archives, pictures, signatures
from grading.files.archives import DOCUMENTS, PROGRAMS, Member, Refused
from grading.models import Response, Submission, Upload
from rubrics.models import Item

_MB = 1 << 20


def add(response: Response, given: Iterable[tuple[str, UploadedFile[bytes]]]) -> None:
    """Keeps files by the paths they come with, instead of those with the same path; where one file
    is asked for, instead of the one before. All of them or none: raises NotAccepted naming the
    first that cannot be taken.
    """
    item = response.item
    try:
        files = [_taken(item, path, file) for path, file in given if not archives.is_left_out(path)]
        if not files:
            return
        files = _without_enclosing_folder(item, files)
        with transaction.atomic():
            submission = Submission.objects.select_for_update().get(pk=response.submission_id)
            intake.still_open(submission)
            response.refresh_from_db(fields=["text", "revision"])
            files = _into_editor(response, files)
            _check_together(response, files)
            _keep(response, files)
    except Refused as refused:
        raise NotAccepted(str(refused)) from None


def remove(upload: Upload) -> None:
    """Raises NotAccepted when the attempt is over."""
    with transaction.atomic():
        response = upload.response
        submission = Submission.objects.select_for_update().get(pk=response.submission_id)
        intake.still_open(submission)
        upload.delete()
        _touch(response)


def _taken(item: Item, path: str, given: UploadedFile[bytes]) -> Companion:
    plain = item.kind == Item.Kind.CODE
    path = archives.checked_path(path, plain=plain)
    allowed = item.extension_list
    if allowed and not path.lower().endswith(tuple(allowed)):
        raise Refused(
            path,
            _("cannot be handed in here: %(kinds)s are accepted") % {"kinds": ", ".join(allowed)},
        )
    most = item.max_file_mb * _MB
    if plain and not archives.is_archive(path):
        most = PROGRAMS.each
    if (given.size or 0) > most:
        raise Refused(path, _("is larger than %(limit)d MB") % {"limit": max(most // _MB, 1)})
    content = given.read()
    if not plain or archives.is_archive(path):
        _inspect(content, path, plain=plain)
    return Companion(path, content)


def _inspect(content: bytes, path: str, *, plain: bool) -> None:
    try:
        if pictures.is_picture(path):
            pictures.check(content, path)
        signatures.check(content, path)
    except (pictures.NoPicture, signatures.Misnamed) as wrong:
        raise Refused(path, str(wrong)) from None
    if archives.is_archive(path):
        archives.members(io.BytesIO(content), path, PROGRAMS if plain else DOCUMENTS)


def _without_enclosing_folder(item: Item, files: Sequence[Companion]) -> list[Companion]:
    """Programs lie where their main file lies, also when the folder itself was chosen."""
    if item.kind != Item.Kind.CODE:
        return list(files)
    checked = archives.together([Member(each.path, len(each.content)) for each in files])
    return [Companion(to.path, each.content) for to, each in zip(checked, files, strict=True)]


def _into_editor(response: Response, files: Sequence[Companion]) -> list[Companion]:
    """Takes the main file of a program into the editor, from a folder or from an archive. What was
    typed there is not overwritten.
    """
    item = response.item
    if item.kind != Item.Kind.CODE:
        return list(files)
    for each in files:
        content = _main_of(item, each)
        if content is None:
            continue
        text = _decoded(each.path, content)
        if response.text.strip() and response.text not in (item.starter, text):
            raise Refused(
                each.path,
                _(
                    "has another %(main)s than the editor. Empty the editor to take that one,"
                    " or leave it out"
                )
                % {"main": item.filename},
            )
        intake.save(response, text=text)
    return [each for each in files if each.path != item.filename]


def _main_of(item: Item, given: Companion) -> bytes | None:
    if given.path == item.filename:
        return given.content
    if archives.is_archive(given.path):
        try:
            return archives.content_of(io.BytesIO(given.content), given.path, item.filename)
        except KeyError:
            return None
    return None


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(name, _("is no text in UTF-8")) from None


def _check_together(response: Response, files: Sequence[Companion]) -> None:
    """With those that are there already: not too many, not too large, no two in one place."""
    item = response.item
    if item.max_files == 1 and item.kind != Item.Kind.CODE:
        if len(files) > 1:
            raise Refused(files[1].path, _("is one too many: one file is asked for"))
        return
    replaced = {each.path for each in files}
    there = [
        Companion(kept.name, bytes(kept.content))
        for kept in response.uploads.exclude(name__in=replaced)
    ]
    members = [member for each in (*there, *files) for member in _inside(item, each)]
    if item.kind == Item.Kind.CODE:
        archives.together([Member(item.filename, 0), *members])
    else:
        archives.together(members, DOCUMENTS)
    most = item.max_files - (item.kind == Item.Kind.CODE)
    if len(members) > most:
        raise Refused(
            members[most].path,
            _("is one file too many: %(most)d can be handed in") % {"most": item.max_files},
        )


def _inside(item: Item, given: Companion) -> list[Member]:
    """The file, or for an archive beside a program what it will be."""
    if item.kind == Item.Kind.CODE and archives.is_archive(given.path):
        found = archives.members(io.BytesIO(given.content), given.path)
        return [member for member in found if member.path != item.filename]
    return [Member(given.path, len(given.content))]


def _keep(response: Response, files: Sequence[Companion]) -> None:
    if response.item.max_files == 1 and files:
        response.uploads.all().delete()
    companions.replace(response, files)
    _touch(response)


def _touch(response: Response) -> None:
    response.saved_at = timezone.now()
    response.revision += 1
    response.save(update_fields=["saved_at", "revision"])


def name_of(given: UploadedFile[bytes], path: str) -> str:
    """The path that a browser gave beside a file, or else the name that the file has."""
    return path or PurePosixPath((given.name or "").replace("\\", "/")).name or "file"
