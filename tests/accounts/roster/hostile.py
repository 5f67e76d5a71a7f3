"""Workbooks that must not be read, built on the spot (``reliability.md`` E2). Each returns the bytes of a file."""

import struct
import zipfile
from io import BytesIO

from tests.accounts.roster.conftest import workbook

SHEET = "xl/worksheets/sheet1.xml"
HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
NAMES = '<row r="1"><c r="A1" t="inlineStr"><is><t>学号</t></is></c><c r="B1" t="inlineStr"><is><t>姓名</t></is></c></row>'


def plain():
    return workbook([["2026990101", "云小溪", *[None] * 7]])


def changed(parts=None, *, extra=None, drop=()):
    """A good workbook with parts replaced, added or left out."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(plain())) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            if item.filename not in drop:
                new.writestr(item.filename, (parts or {}).get(item.filename, old.read(item)))
        for name, content in (extra or {}).items():
            new.writestr(name, content)
    return out.getvalue()


def sheet(body, before=HEAD):
    return changed({SHEET: f"{before}<sheetData>{NAMES}{body}</sheetData></worksheet>"})


def types(old, new):
    content = zipfile.ZipFile(BytesIO(plain())).read("[Content_Types].xml").decode()
    return content.replace(old, new)


def rows(count):
    return "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(2, count + 2))


def many_sheets(count=300):
    from openpyxl import Workbook

    book = Workbook()
    for number in range(count):
        book.create_sheet(f"表{number}")
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def lying_size():
    """The directory says a part is ten bytes long; it is a megabyte."""
    content = bytearray(changed(extra={"xl/big.xml": b"a" * 1_000_000}))
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(b"xl/big.xml"))
    content[at + 24 : at + 28] = struct.pack("<I", 10)
    return bytes(content)


def encrypted_member():
    content = bytearray(plain())
    at = content.rindex(b"PK\x01\x02")
    content[at + 8] |= 1
    return bytes(content)


def word_document():
    return changed(
        {"[Content_Types].xml": types("spreadsheetml.sheet.main", "wordprocessingml.document.main")}
    )


ENTITY_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>' + HEAD
)
OUTSIDE_ENTITY = '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + HEAD
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512
FEW = "请只留下要导入的数据"

REFUSED = {
    "empty": (lambda: b"", "空文件"),
    "pdf": (lambda: b"%PDF-1.7 ...", "这不是 Excel 表格"),
    "program": (lambda: b"MZ\x90\0" + b"\0" * 64, "这不是 Excel 表格"),
    "web page called xls": (lambda: b"\n <html><table><tr><td>1</td></tr></table>", "这不是 Excel 表格"),
    "picture": (lambda: b"\x89PNG\r\n\x1a\n", "这不是 Excel 表格"),
    "binary csv": (lambda: "学号,姓名\n".encode() + b"\0\0", "这不是 Excel 表格"),
    "unknown encoding": (lambda: "学号,姓名\n".encode() + b"\xff\xfe\xfa", "文字编码认不出来"),
    "old xls": (lambda: OLE, "旧的 .xls 格式"),
    "password": (lambda: OLE + "EncryptedPackage".encode("utf-16-le"), "文件有密码"),
    "encrypted member": (encrypted_member, "文件有密码"),
    "too many bytes": (lambda: b"a" * (10 * 1024 * 1024 + 1), "最多 10 MB"),
    "torn": (lambda: plain()[:-200], "文件已损坏"),
    "lying size": (lying_size, "文件已损坏"),
    "just a zip": (lambda: changed(drop={"[Content_Types].xml"}), "压缩包"),
    "word": (word_document, "不是 .xlsx"),
    "macro": (lambda: changed(extra={"xl/vbaProject.bin": b"x"}), "有宏"),
    "macro by type": (
        lambda: changed(
            {"[Content_Types].xml": types("spreadsheetml.sheet.main+xml", "x.sheet.macroEnabled.main+xml")}
        ),
        "有宏",
    ),
    "other file linked": (lambda: changed(extra={"xl/externalLinks/externalLink1.xml": b"<x/>"}), "引用了别的文件"),
    "zip inside": (lambda: changed(extra={"xl/embeddings/a.bin": b"PK\x03\x04aaaa"}), "嵌着别的文件"),
    "20,000 parts": (lambda: changed(extra={f"xl/p{n}.xml": b"" for n in range(20_000)}), "最多 300 个"),
    "300 sheets": (many_sheets, "最多 300 个"),
    "30 sheets": (lambda: many_sheets(30), "有 31 张表，最多 20 张"),
    "199 kB that unpack to 200 MB": (
        lambda: sheet(f'<row r="2"><c r="A2" t="inlineStr"><is><t>{"a" * 200_000_000}</t></is></c></row>'),
        "解开后有",
    ),
    "packed too well": (
        lambda: sheet(f'<row r="2"><c r="A2" t="inlineStr"><is><t>{"a" * 20_000_000}</t></is></c></row>'),
        "压缩得太狠",
    ),
    "600,000 rows": (lambda: sheet(rows(600_000)), "一次最多 10,000 行"),
    "10,001 rows": (lambda: sheet(rows(10_001)), "一次最多 10,000 行"),
    "far cell": (lambda: sheet('<row r="1048576"><c r="A1048576"><v>1</v></c></row>'), "最多读到第 15,000 行"),
    "far column": (lambda: sheet('<row r="2"><c r="XFD2"><v>1</v></c></row>'), "最多读 100 列"),
    "odd reference": (lambda: sheet('<row r="2"><c r="A-1"><v>1</v></c></row>'), "看不懂的单元格位置"),
    "empty cells without end": (
        lambda: sheet("".join(f'<row r="{n}">{"<c/>" * 100}</row>' for n in range(2, 3100))),
        "单元格超过 300,000 个",
    ),
    "giant merge": (
        lambda: changed(
            {SHEET: f'{HEAD}<sheetData>{NAMES}</sheetData><mergeCells><mergeCell ref="A2:XFD1048576"/></mergeCells></worksheet>'}
        ),
        "合并单元格的范围太大",
    ),
    "entity bomb": (lambda: sheet("<row><c><v>&c;</v></c></row>", before=ENTITY_BOMB), "外部实体或文档类型声明"),
    "outside entity": (lambda: sheet("<row><c><v>&x;</v></c></row>", before=OUTSIDE_ENTITY), "外部实体或文档类型声明"),
    "no xml at all": (lambda: changed({SHEET: b"\x00\x01\x02"}), "看不懂"),
    "no roster": (lambda: workbook([["a", "b"]], headings=["品名", "单价"]), "没有找到名册"),
    "id number column": (
        lambda: workbook([["2026990101", "云小溪", "x"]], headings=["学号", "姓名", "身份证号码"]),
        "C 列是“身份证号码”。平台不收身份证号",
    ),
    "id numbers under another name": (
        lambda: workbook([["2026990101", "云小溪", "11010119900307293X"]], headings=["学号", "姓名", "编码"]),
        "C 列里像是身份证号。平台不收身份证号",
    ),
    "id numbers damaged by Excel": (
        lambda: workbook([["2026990101", "云小溪", 110101199003072000]], headings=["学号", "姓名", "编码"]),
        "C 列里像是身份证号。平台不收身份证号",
    ),
    "id numbers as student numbers": (
        lambda: workbook([["110101199003072931", "云小溪"]], headings=["学号", "姓名"]),
        "A 列里像是身份证号。平台不收身份证号",
    ),
    "the same column twice": (
        lambda: workbook([["1", "2", "a"]], headings=["学号", "学号", "姓名"]),
        "有两列都像“学号或工号”",
    ),
}  # fmt: skip
