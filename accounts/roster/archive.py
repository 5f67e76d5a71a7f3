"""What kind of file this is, and whether it is safe to unpack; nothing is parsed before this has said yes."""

import zipfile
from pathlib import Path

from accounts.roster.limits import MAX_BYTES, MAX_PARTS, MAX_RATIO, MAX_UNPACKED, MEGABYTE, Refused

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NO_TABLE = (b"%PDF", b"MZ", b"\x7fELF", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff")


def kind_of(path: Path) -> str:
    """``xlsx`` or ``csv``, told by content and never by name. Raises ``Refused`` for everything else."""
    size = path.stat().st_size
    if size == 0:
        raise Refused("这是一个空文件。")
    if size > MAX_BYTES:
        raise Refused(f"文件有 {size / MEGABYTE:.1f} MB，最多 {MAX_BYTES // MEGABYTE} MB。")
    content = path.read_bytes()
    if content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise Refused("文件有密码。请在 Excel 里去掉密码再上传。")
        raise Refused("这是旧的 .xls 格式。请在 Excel 里另存为 .xlsx 再上传。")
    if content.startswith(b"PK"):
        return "xlsx"
    if content.startswith(_NO_TABLE) or content.lstrip()[:1] == b"<":
        raise Refused("这不是 Excel 表格。请上传 .xlsx 或 .csv 文件。")
    return "csv"


def check_archive(path: Path) -> None:
    """Raise ``Refused`` unless the file is a plain workbook that unpacks within the limits."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_parts(archive)
            _check_sizes(archive.infolist())
            _check_content(archive)
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise Refused("文件已损坏，打不开。请在 Excel 里重新保存一次再上传。") from error


def _check_parts(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    if len(parts) > MAX_PARTS:
        raise Refused(f"文件里有 {len(parts)} 个部件，最多 {MAX_PARTS} 个。请把数据复制到新的表格里。")
    if len({part.filename for part in parts}) < len(parts):
        raise Refused("文件里有重名的部件，不像 Excel 保存的表格。")
    if any(part.flag_bits & 1 for part in parts):
        raise Refused("文件有密码。请在 Excel 里去掉密码再上传。")


def _check_sizes(parts: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED:
        raise Refused(
            f"文件解开后有 {unpacked / MEGABYTE:.0f} MB，最多 {MAX_UNPACKED // MEGABYTE} MB。请只留下要导入的数据。"
        )
    for part in parts:
        if part.file_size > MEGABYTE and part.file_size > MAX_RATIO * max(part.compress_size, 1):
            raise Refused(f"文件压缩得太狠（超过 {MAX_RATIO} 倍），不像正常的表格。")


def _check_content(archive: zipfile.ZipFile) -> None:
    names = archive.namelist()
    if "[Content_Types].xml" not in names:
        raise Refused("这是一个压缩包，不是 Excel 表格。请解压后上传里面的表格。")
    types = archive.read("[Content_Types].xml")
    if b"macroEnabled" in types or any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Refused("文件里有宏。请在 Excel 里另存为不带宏的 .xlsx 再上传。")
    if b"spreadsheetml.sheet.main+xml" not in types:
        raise Refused("这不是 .xlsx 表格。请在 Excel 里另存为 .xlsx 再上传。")
    if any(name.lower().startswith("xl/externallinks/") for name in names):
        raise Refused("表格引用了别的文件。请把数据复制成数值再上传。")
    if any(_is_archive(archive, name) for name in names):
        raise Refused("表格里嵌着别的文件。请删掉附件再上传。")


def _is_archive(archive: zipfile.ZipFile, name: str) -> bool:
    if name.endswith("/"):
        return False
    with archive.open(name) as part:
        start = part.read(8)
    return start.startswith((b"PK\x03\x04", _OLE, b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b"))
