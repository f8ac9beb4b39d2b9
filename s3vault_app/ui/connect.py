"""How programs reach a vault: copy-ready for the usual ones, with place holders for the keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.urls import reverse
from django.utils.translation import gettext as _

from s3vault_app.models import Endpoint, StoragePlan, Vault
from vaultportal.ui.snippets import Snippet

ACCESS, SECRET = "ACCESS_KEY", "SECRET_KEY"  # place holders
CA = "vault-portal-ca.pem"


@dataclass(frozen=True, slots=True)
class Connect:
    """What a person fills in elsewhere. veeam: (field, value), as its wizard asks for them.

    writes: whether its endpoints take writes, in words.
    """

    url: str
    bucket: str
    region: str
    ca_url: str
    writes: str
    snippets: list[Snippet] = field(default_factory=list)
    veeam: list[tuple[str, str]] = field(default_factory=list)


def of_vault(vault: Vault, doors: Sequence[Endpoint]) -> Connect | None:
    """By the first endpoint that answers; None while there is none."""
    urls = [_url(door) for door in doors if door.state == Endpoint.State.ONLINE and _url(door)]
    if not urls:
        return None
    url = urls[0]
    own = vault.pool.installs
    found = Connect(
        url=url,
        bucket=vault.name,
        region=vault.region,
        ca_url=reverse("storage:authority") if own else "",
        writes=_writes(vault),
    )
    ca = CA if own else ""
    fetches = vault.pool.may_refuse_writes  # what can be done is to fetch what is there
    found.snippets.extend(_snippets(url, vault.name, vault.region, ca, fetches=fetches))
    found.veeam.extend(_veeam(vault, url))
    return found


def _url(door: Endpoint) -> str:
    return door.machine.url if door.machine else door.url


def _writes(vault: Vault) -> str:
    """All endpoints of a vault lead to one store: they take writes together, or none does."""
    if vault.pool.is_drained:
        return _("None of its endpoints: its store is drained")
    if vault.pool.drains:
        return _("Soon none of its endpoints: its store is being drained")
    if vault.pool.comes_back:
        return _("None of its endpoints for certain: its store is being taken back")
    if vault.read_only:
        return _("None of its endpoints: its quota is used up")
    return _("Each of its endpoints")


def _snippets(url: str, bucket: str, region: str, ca: str, *, fetches: bool) -> list[Snippet]:
    return [
        Snippet("aws", "aws", _aws(url, bucket, region, ca)),
        Snippet("boto3", "boto3", _boto3(url, bucket, region, ca, fetches=fetches)),
        Snippet("rclone", "rclone", _rclone(url, bucket, region, ca, fetches=fetches)),
        Snippet("mc", "mc", _mc(url, bucket, ca, fetches=fetches)),
        Snippet("restic", "restic", _restic(url, bucket, region, ca, fetches=fetches)),
    ]


def _aws(url: str, bucket: str, region: str, ca: str) -> str:
    lines = [
        f"export AWS_ACCESS_KEY_ID={ACCESS}",
        f"export AWS_SECRET_ACCESS_KEY={SECRET}",
        f"export AWS_DEFAULT_REGION={region}",
    ]
    if ca:
        lines.append(f"export AWS_CA_BUNDLE={ca}")
    return "\n".join([*lines, f"aws --endpoint-url {url} s3 ls s3://{bucket}"])


def _boto3(url: str, bucket: str, region: str, ca: str, *, fetches: bool) -> str:
    verify = [f'    verify="{ca}",'] if ca else []
    upload = f's3.upload_file("backup.tar", "{bucket}", "backup.tar")'
    download = f's3.download_file("{bucket}", "backup.tar", "backup.tar")'
    lines = [
        "import boto3",
        "",
        "s3 = boto3.client(",
        '    "s3",',
        f'    endpoint_url="{url}",',
        f'    region_name="{region}",',
        f'    aws_access_key_id="{ACCESS}",',
        f'    aws_secret_access_key="{SECRET}",',
        *verify,
        ")",
        download if fetches else upload,
    ]
    return "\n".join(lines)


def _rclone(url: str, bucket: str, region: str, ca: str, *, fetches: bool) -> str:
    option = f" --ca-cert {ca}" if ca else ""
    ends = f"vault:{bucket} ./backup" if fetches else f"./backup vault:{bucket}"
    lines = [
        "rclone config create vault s3 provider=Other \\",
        f"  endpoint={url} region={region} \\",
        f"  access_key_id={ACCESS} secret_access_key={SECRET}",
        f"rclone{option} copy {ends}",
    ]
    return "\n".join(lines)


def _mc(url: str, bucket: str, ca: str, *, fetches: bool) -> str:
    trust = [f"cp {ca} ~/.mc/certs/CAs/"] if ca else []
    ends = f"vault/{bucket} ./backup" if fetches else f"./backup vault/{bucket}"
    lines = [
        *trust,
        f"mc alias set vault {url} {ACCESS} {SECRET}",
        f"mc cp --recursive {ends}",
    ]
    return "\n".join(lines)


def _restic(url: str, bucket: str, region: str, ca: str, *, fetches: bool) -> str:
    option = f" --cacert {ca}" if ca else ""
    program = f"restic{option} -r s3:{url}/{bucket}"
    # Its lock is an object too, which nothing is to write now.
    restore = [f"{program} --no-lock restore latest --target ./backup"]
    lines = [
        f"export AWS_ACCESS_KEY_ID={ACCESS}",
        f"export AWS_SECRET_ACCESS_KEY={SECRET}",
        f"export AWS_DEFAULT_REGION={region}",
        *(restore if fetches else [f"{program} init", f"{program} backup /srv"]),
    ]
    return "\n".join(lines)


def _veeam(vault: Vault, url: str) -> list[tuple[str, str]]:
    parts = urlsplit(url)
    locks = vault.lock_mode != StoragePlan.Lock.NONE
    return [
        (_("Service point"), f"{parts.scheme}://{parts.netloc}"),
        (_("Region"), vault.region),
        (_("Bucket"), vault.name),
        (_("Make recent backups immutable"), _("Yes") if locks else _("No")),
    ]
