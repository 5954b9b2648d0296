"""Reads mails with Python's email package and compares them with what another program read of them.

read_mail.py DIRECTORY: NAME.eml beside NAME.json. Ends with 1 at the first difference.
"""

import base64
import email
import email.policy
import json
import pathlib
import sys


def people(field):
    if field is None:
        return []
    return [[one.display_name, one.addr_spec] for one in field.addresses]


def without_blanks(people):
    """Older packages keep the blanks between the encoded words of a long name, against RFC 2047 section 6.2."""
    return [[name.replace(" ", ""), address] for name, address in people]


def text(part):
    return part.get_content().replace("\r\n", "\n")


def reading(raw):
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    defects = [part.defects for part in mail.walk() if part.defects]
    assert not defects, defects
    parts = list(mail.iter_parts()) if mail.is_multipart() else [mail]
    attachments = []
    for part in parts[1:]:
        one = {"name": part.get_filename(), "type": part.get_content_type()}
        assert part.get_content_disposition() == "attachment"
        if part.get_content_type() != "message/rfc822":
            one["bytes"] = base64.b64encode(part.get_payload(decode=True)).decode()
        attachments.append(one)
    return {
        "from": people(mail["From"]),
        "to": people(mail["To"]),
        "cc": people(mail["Cc"]),
        "subject": str(mail["Subject"] or ""),
        "message_id": str(mail["Message-ID"]).strip("<>"),
        "text": text(parts[0]),
        "attachments": attachments,
    }


def main():
    count = 0
    for file in sorted(pathlib.Path(sys.argv[1]).glob("*.eml")):
        expected = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        for one in expected["attachments"]:
            if one["type"] == "message/rfc822":
                del one["bytes"]
        found = reading(file.read_bytes())
        for key in ("from", "to", "cc"):
            found[key], expected[key] = without_blanks(found[key]), without_blanks(expected[key])
        for key, value in expected.items():
            if found[key] != value:
                print(f"{file.name}: {key}\nPython: {found[key]!r:.2000}\nSterna: {value!r:.2000}")
                sys.exit(1)
        count += 1
    print(f"{count} mails read alike")


main()
