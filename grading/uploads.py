"""Files that are handed in: taken, refused by name, removed."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from grading import companions, intake
from grading.companions import Companion
from grading.errors import NotAccepted
from grading.files import archives, pictures, signatures
from grading.files.paths import (
    DOCUMENTS,
    PROGRAMS,
    Bounds,
    Member,
    Refused,
    beside,
    check_together,
    checked_path,
    is_left_out,
)
from grading.models import Response, Submission, Upload
from rubrics.models import Item

MB = 1_000_000
LARGEST_ARCHIVE = 10 * MB  # of a program, packed
MOST_STORED = 20 * MB  # of all files of a program, as they came


@dataclass(frozen=True)
class _Given:
    """A file as it came. `inside` are the files of an archive beside a program."""

    path: str
    content: bytes = field(repr=False)
    inside: tuple[Member, ...] = ()
    shown: bytes = field(default=b"", repr=False)

    @property
    def members(self) -> tuple[Member, ...]:
        return self.inside or (Member(self.path, len(self.content)),)


def add(response: Response, given: Iterable[tuple[str, UploadedFile[bytes]]]) -> None:
    """Keeps files by the paths they come with, instead of those with the same path; where one file
    is asked for, instead of the one before. All of them or none: raises NotAccepted naming the
    first that cannot be taken.
    """
    item = response.item
    wanted = [(path, file) for path, file in given if not is_left_out(path)]
    if not wanted:
        return
    try:
        _check_announced(item, wanted)  # before anything of it is read
        files = _beside_main(item, [_taken(item, path, file) for path, file in wanted])
        with transaction.atomic():
            submission = Submission.objects.select_for_update().get(pk=response.submission_id)
            intake.still_open(submission)
            response.refresh_from_db(fields=["text", "revision"])
            files = _into_editor(response, files)
            _check_with_others(response, files)
            _keep(response, files)
    except Refused as refused:
        others = _("None of the %(n)d files was kept.") % {"n": len(wanted)}
        raise NotAccepted(f"{refused} {others}" if len(wanted) > 1 else str(refused)) from None


def remove(upload: Upload) -> None:
    """Raises NotAccepted when the attempt is over."""
    with transaction.atomic():
        response = upload.response
        submission = Submission.objects.select_for_update().get(pk=response.submission_id)
        intake.still_open(submission)
        upload.delete()
        _touch(response)


def name_of(given: UploadedFile[bytes], path: str) -> str:
    """The path that a browser gave beside a file, or else the name that the file has."""
    return path or PurePosixPath((given.name or "").replace("\\", "/")).name or "file"


def _is_program(item: Item) -> bool:
    return item.kind == Item.Kind.CODE


def _bounds(item: Item) -> Bounds:
    return PROGRAMS if _is_program(item) else DOCUMENTS


def _check_announced(item: Item, given: Sequence[tuple[str, UploadedFile[bytes]]]) -> None:
    """What names and sizes tell by themselves."""
    if len(given) > item.max_files:
        path = given[item.max_files][0]
        if item.max_files == 1:
            raise Refused(path, _("is one too many: one file is asked for"))
        raise Refused(path, _too_many(item))
    together = 0
    for path, file in given:
        checked_path(path, plain=_is_program(item))
        allowed = item.extension_list
        if allowed and not path.lower().endswith(tuple(allowed)):
            kinds = ", ".join(allowed)
            raise Refused(
                path, _("cannot be handed in here: %(kinds)s are accepted") % {"kinds": kinds}
            )
        size, most = file.size or 0, _largest(item, path)
        if size > most:
            raise Refused(path, _("is larger than %(limit)d MB") % {"limit": most // MB})
        together += size
        if _is_program(item) and together > MOST_STORED:
            raise Refused(path, _too_much())


def _largest(item: Item, path: str) -> int:
    if not _is_program(item):
        return item.max_file_mb * MB
    return LARGEST_ARCHIVE if archives.is_archive(path) else PROGRAMS.each


def _too_many(item: Item) -> str:
    return _("is one file too many: %(most)d can be handed in") % {"most": item.max_files}


def _too_much() -> str:
    return _("and the other files are larger than %(limit)d MB") % {"limit": MOST_STORED // MB}


def _taken(item: Item, path: str, given: UploadedFile[bytes]) -> _Given:
    """Read, and of the kind that its name says."""
    path = checked_path(path, plain=_is_program(item))
    content = given.read()
    packed = archives.is_archive(path)
    if _is_program(item) and not packed:
        return _Given(path, content)
    shown = b""
    try:
        signatures.check(content, path)
        if pictures.is_picture(path):
            shown = pictures.copy(content, path)
    except (pictures.NoPicture, signatures.Misnamed) as wrong:
        raise Refused(path, str(wrong)) from None
    inside: list[Member] = []
    if packed:
        main = item.filename if _is_program(item) else ""
        inside = archives.members(io.BytesIO(content), path, _bounds(item), main=main)
    return _Given(path, content, tuple(inside) if _is_program(item) else (), shown)


def _beside_main(item: Item, files: Sequence[_Given]) -> list[_Given]:
    """A program lies where its main file lies, also when the folder itself was chosen."""
    if not _is_program(item):
        return list(files)
    moved = beside([Member(each.path, 0) for each in files], item.filename)
    return [
        _Given(to.path, each.content, each.inside) for to, each in zip(moved, files, strict=True)
    ]


def _into_editor(response: Response, files: Sequence[_Given]) -> list[_Given]:
    """Takes the main file of a program into the editor, from a folder or from an archive. What was
    typed there is not overwritten. The others.
    """
    item = response.item
    if not _is_program(item):
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
    main = [item.filename]
    return [each for each in files if [member.path for member in each.members] != main]


def _main_of(item: Item, given: _Given) -> bytes | None:
    if given.path == item.filename:
        return given.content
    paths = [member.path for member in given.inside]
    if item.filename not in paths:
        return None
    place = paths.index(item.filename)
    return archives.content_of(io.BytesIO(given.content), given.path, place)


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise Refused(name, _("is no text in UTF-8")) from None


def _check_with_others(response: Response, files: Sequence[_Given]) -> None:
    """With those that are there already: not too many, not too large, no two in one place."""
    item = response.item
    if item.max_files == 1:
        return
    replaced = [each.path for each in files]
    there = response.uploads.exclude(name__in=replaced)
    stored = there.aggregate(size=Sum("size"))["size"] or 0
    if _is_program(item) and stored + sum(len(each.content) for each in files) > MOST_STORED:
        raise Refused(files[0].path if files else item.filename, _too_much())
    members = [member for kept in there.defer("content", "shown") for member in _inside(kept)]
    members += [member for each in files for member in each.members]
    members = [member for member in members if member.path != item.filename]
    own = [Member(item.filename, 0)] if _is_program(item) else []
    check_together([*own, *members], _bounds(item))
    most = item.max_files - len(own)
    if len(members) > most:
        raise Refused(members[most].path, _too_many(item))


def _inside(kept: Upload) -> list[Member]:
    """The file, or for an archive beside a program what it will be."""
    if not kept.is_packed:
        return [Member(kept.name, kept.size)]
    main = kept.response.item.filename
    return archives.members(io.BytesIO(bytes(kept.content)), kept.name, main=main)


def _keep(response: Response, files: Sequence[_Given]) -> None:
    if response.item.max_files == 1 and files:
        response.uploads.all().delete()
    companions.replace(response, [Companion(each.path, each.content, each.shown) for each in files])
    _touch(response)


def _touch(response: Response) -> None:
    """Files have no revision: what is typed on an open page does not collide with them."""
    response.saved_at = timezone.now()
    response.save(update_fields=["saved_at"])
