"""Files of other programs as entries, and what has no place is told."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from secrets_app import names
from secrets_app.payload import Payload
from secrets_app.transfer import formats, keepass
from secrets_app.transfer.entries import Entry, distinct, name_of
from secrets_app.transfer.formats import Upload
from vaultportal.errors import Invalid


def read(source: str, content: str | bytes, **options: Any) -> dict[str, Entry]:
    text = content.encode() if isinstance(content, str) else content
    return {entry.name: entry for entry in formats.read(source, Upload(text, **options))}


BITWARDEN: dict[str, Any] = {
    "encrypted": False,
    "folders": [{"id": "f1", "name": "Work/Mail"}],
    "items": [
        {
            "type": 1,
            "name": "mail",
            "folderId": "f1",
            "notes": "a note",
            "login": {
                "username": "u",
                "password": "p",
                "totp": "JBSWY3DPEHPK3PXP",
                "uris": [{"uri": "https://a.example"}, {"uri": "https://b.example"}],
                "fido2Credentials": [{"x": 1}],
            },
            "fields": [
                {"name": "pin", "value": "1", "type": 1},
                {"name": "pin", "value": "2", "type": 0},
                {"name": "linked", "value": None, "type": 3},
            ],
            "passwordHistory": [{"password": "old"}],
        },
        {"type": 2, "name": "note", "notes": "text", "secureNote": {"type": 0}},
        {"type": 3, "name": "card", "card": {"number": "4111", "code": "123", "brand": None}},
        {"type": 5, "name": "key", "sshKey": {"privateKey": "-----BEGIN", "publicKey": "ssh"}},
        {"type": 1, "name": "mail", "folderId": "f1", "login": None, "deletedDate": "2026-01-01"},
        {"type": 99, "name": None},
    ],
}


def test_bitwarden_json() -> None:
    entries = read("bitwarden-json", json.dumps(BITWARDEN))

    assert list(entries) == [
        "Work/Mail/mail",
        "note",
        "card",
        "key",
        "Work/Mail/mail (2)",
        "unnamed",
    ]
    mail = entries["Work/Mail/mail"]
    assert mail.type == "login"
    assert mail.data == {
        "username": "u",
        "password": "p",
        "url": "https://a.example",
        "further_urls": ["https://b.example"],
        "totp": "JBSWY3DPEHPK3PXP",
        "notes": "a note",
        "pin": "1",
        "pin (2)": "2",
    }
    assert mail.lost == ("passkeys", "linked field", "password history")
    assert entries["note"].data == {"notes": "text"}
    assert entries["card"].data == {"number": "4111", "code": "123"}
    assert entries["key"].type == "ssh-key"
    assert entries["Work/Mail/mail (2)"].lost == ("that it lay in the bin",)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"items": 1}', '{"encrypted": true, "items": []}', "[" * 100_000],
)
def test_what_is_no_bitwarden_export_is_told(content: str) -> None:
    with pytest.raises(Invalid):
        read("bitwarden-json", content)


def test_bitwarden_csv() -> None:
    content = (
        "folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,"
        "login_password,login_totp\n"
        'Work,,login,mail,"two\nlines","pin: 1\nrubbish",0,https://a.example,u,p,\n'
        ",,note,plain,text,,,,,,\n"
    )

    entries = read("bitwarden-csv", content)

    assert entries["Work/mail"].data == {
        "username": "u",
        "password": "p",
        "url": "https://a.example",
        "notes": "two\nlines",
        "pin": "1",
    }
    assert entries["Work/mail"].lost == ("a line among the custom fields",)
    assert (entries["plain"].type, entries["plain"].data) == ("", {"notes": "text"})


def test_1password_csv() -> None:
    content = (
        "\ufeffTitle,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes,Extra\n"
        'mail,https://a.example,u,p,otpauth://totp/x,true,false,"Work, Home",n,more\n'
        ",,,,,,,,only notes,\n"
    )

    entries = read("1password-csv", content)

    assert entries["Work/mail"].data == {
        "url": "https://a.example",
        "username": "u",
        "password": "p",
        "totp": "otpauth://totp/x",
        "notes": "n",
        "extra": "more",
    }
    assert entries["Work/mail"].lost == ("further tags", "that it was a favourite")
    assert entries["unnamed"].data == {"notes": "only notes"}


@pytest.mark.parametrize("source", ["bitwarden-csv", "1password-csv"])
@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe", b'Title,Password\n"open'])
def test_what_is_no_csv_export_is_told(source: str, content: bytes) -> None:
    with pytest.raises(Invalid):
        read(source, content)


def test_dotenv() -> None:
    content = (
        "# comment\r\nexport A=1\nB=\"x\\ny\" # c\nC='a b'\n\nD=x # no\nE=\n"
        'F="multi\nline"\nG=$A\nA=2\nH = spaced\nI="c:\\path"\nJ=a#b\n'
    )

    (entry,) = read("dotenv", content, title="app").values()

    assert entry.name == "app"
    assert entry.data == {
        "A": "2",
        "B": "x\ny",
        "C": "a b",
        "D": "x",
        "E": "",
        "F": "multi\nline",
        "G": "$A",
        "H": "spaced",
        "I": "c:\\path",
        "J": "a#b",
    }
    assert entry.lost == ("that G refers to another variable", "an earlier value of A")


@pytest.mark.parametrize("content", ["no assignment", "=x", 'A="open', "A=1\nrubbish\n"])
def test_what_is_no_dotenv_is_told_by_line_and_not_by_value(content: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read("dotenv", content)

    assert "Line" in refusal.value.message
    assert "rubbish" not in refusal.value.message


def test_kv_answer_of_one_secret() -> None:
    content = {
        "request_id": "x",
        "data": {
            "data": {"user": "u", "nested": {"n": 1}},
            "metadata": {"version": 3, "custom_metadata": {"a": "b"}},
        },
    }

    (entry,) = read("kv-json", json.dumps(content), title="prod/db").values()

    assert (entry.name, entry.data) == ("prod/db", {"user": "u", "nested": {"n": 1}})
    assert entry.lost == ("custom metadata", "older versions")


def test_kv_paths_and_trees() -> None:
    content = {
        "secret/db": {"user": "u", "port": 5432},
        "apps": {"mail": {"key": "k", "inner": {"x": 1}}, "empty": {}},
        "v2": {"data": {"a": 1}, "metadata": {"version": 1}},
    }

    entries = read("kv-json", json.dumps(content))

    assert {name: entry.data for name, entry in entries.items()} == {
        "secret/db": {"user": "u", "port": 5432},
        "apps/mail": {"key": "k"},
        "apps/mail/inner": {"x": 1},
        "v2": {"a": 1},
    }


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"a": 1}', '{"request_id": 1, "data": 2}', '{"a":' * 60 + "{}" + "}" * 60],
)
def test_what_is_no_kv_export_is_told(content: str) -> None:
    with pytest.raises(Invalid):
        read("kv-json", content)


def test_a_keepass_database_comes_back_as_it_went() -> None:
    data = {"username": "u", "password": "p\x01", "port": 5432, "nested": {"big": 2**70}, "": None}
    text = Payload(b'{"exact": 1.10, "\xef\xbf\xbf": "\\u0001"}')

    archive = keepass.write(
        [("shared/prod/db", "database", Payload.of(data)), ("personal/x", "", text)],
        "correct horse battery",
    )
    entries = read("keepass", archive, password="correct horse battery")

    assert {name: entry.data for name, entry in entries.items()} == {
        "shared/prod/db": data,
        "personal/x": {"exact": 1.1, "\uffff": "\x01"},
    }
    assert entries["shared/prod/db"].type == "database"
    assert b"horse" not in archive


@pytest.mark.parametrize("content", [b"", b"rubbish", b"\x03\xd9\xa2\x9a" + b"\x00" * 500])
def test_what_is_no_keepass_database_is_told(content: bytes) -> None:
    with pytest.raises(Invalid):
        read("keepass", content, password="x")


def test_a_wrong_password_is_told() -> None:
    archive = keepass.write([("a", "", Payload.of({}))], "right password")

    with pytest.raises(Invalid) as refusal:
        read("keepass", archive, password="wrong password")

    assert "password" in refusal.value.message
    assert "wrong password" not in refusal.value.message


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("a", "b"), "a/b"),
        (("", "b"), "b"),
        (("/a//b/", "c"), "a/b/c"),
        (("..", "."), "__/_"),
        (("a\x00b", "\ud800"), "a b"),
        (("", ""), "unnamed"),
        (("x" * 300,), "x" * 255),
    ],
)
def test_every_name_becomes_a_possible_one(parts: tuple[str, ...], name: str) -> None:
    assert name_of(*parts) == name
    assert names.is_possible(name)


def test_names_are_told_apart_even_where_a_number_is_taken() -> None:
    entries = [Entry(name, {}) for name in ("a", "a", "a (2)", "a", "x" * 255, "x" * 255)]

    found = [entry.name for entry in distinct(entries)]

    assert found == ["a", "a (2)", "a (2) (2)", "a (3)", "x" * 255, "x" * 251 + " (2)"]


def archive(document: Any, name: str = "export.data", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as made:
        made.writestr(name, document if isinstance(document, str) else json.dumps(document))
    return packed.getvalue()


ITEM: dict[str, Any] = {
    "favIndex": 1,
    "state": "archived",
    "overview": {"title": "mail", "url": "https://mail.example.com", "tags": ["a"]},
    "details": {
        "notesPlain": "n",
        "passwordHistory": [{"value": "old"}],
        "documentAttributes": {"fileName": "x.pdf"},
        "loginFields": [
            {"designation": "username", "value": "mara"},
            {"designation": "password", "value": "pw"},
            {"value": "nameless"},
        ],
        "sections": [
            {
                "fields": [
                    {"title": "PIN", "value": {"concealed": "1234"}},
                    {"title": "code", "value": {"totp": "otpauth://x"}},
                    {"title": "paper", "value": {"file": {"fileName": "y"}}},
                ]
            }
        ],
    },
}


def test_1password_1pux() -> None:
    vault = {"attrs": {"name": "Work"}, "items": [ITEM, {"overview": {"title": "empty"}}]}

    entries = read("1password-1pux", archive({"accounts": [{"vaults": [vault]}]}))

    mail = entries["Work/mail"]
    assert mail.data == {
        "url": "https://mail.example.com", "notes": "n", "username": "mara", "password": "pw",
        "PIN": "1234", "totp": "otpauth://x",
    }  # fmt: skip
    assert mail.type == "login"
    assert mail.lost == (
        "the field paper", "an attached file", "older passwords", "tags",
        "that it was a favourite", "that it was archived",
    )  # fmt: skip
    assert entries["Work/empty"].data == {}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04broken",
        archive({}, name="other"),
        archive({}, name="\xe9").replace("\xe9".encode(), b"\xff\xff"),
        archive("{"),
        archive({"accounts": 1}),
        archive({"accounts": []}, method=zipfile.ZIP_LZMA),
        archive({"accounts": []}, method=zipfile.ZIP_BZIP2),
    ],
)
def test_what_is_no_1pux_archive_is_told(content: bytes) -> None:
    with pytest.raises(Invalid):
        read("1password-1pux", content)


def test_an_archive_unpacks_to_no_more_than_a_body_may_have(settings: Any) -> None:
    small = archive({"accounts": [{}] * 1000})
    assert read("1password-1pux", small) == {}

    settings.PORTAL_MAX_BODY = 2000

    assert len(small) < settings.PORTAL_MAX_BODY
    with pytest.raises(Invalid, match="too large"):
        read("1password-1pux", small)
