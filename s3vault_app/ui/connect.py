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
    """What a person fills in elsewhere. veeam: (field, value), as its wizard asks for them."""

    url: str
    bucket: str
    region: str
    ca_url: str
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
    )
    ca = CA if own else ""
    found.snippets.extend(_snippets(url, vault.name, vault.region, ca))
    found.veeam.extend(_veeam(vault, url))
    return found


def _url(door: Endpoint) -> str:
    return door.machine.url if door.machine else door.url


def _snippets(url: str, bucket: str, region: str, ca: str) -> list[Snippet]:
    return [
        Snippet("aws", "aws", _aws(url, bucket, region, ca)),
        Snippet("boto3", "boto3", _boto3(url, bucket, region, ca)),
        Snippet("rclone", "rclone", _rclone(url, bucket, region, ca)),
        Snippet("mc", "mc", _mc(url, bucket, ca)),
        Snippet("restic", "restic", _restic(url, bucket, region, ca)),
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


def _boto3(url: str, bucket: str, region: str, ca: str) -> str:
    verify = [f'    verify="{ca}",'] if ca else []
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
        f's3.upload_file("backup.tar", "{bucket}", "backup.tar")',
    ]
    return "\n".join(lines)


def _rclone(url: str, bucket: str, region: str, ca: str) -> str:
    option = f" --ca-cert {ca}" if ca else ""
    lines = [
        "rclone config create vault s3 provider=Other \\",
        f"  endpoint={url} region={region} \\",
        f"  access_key_id={ACCESS} secret_access_key={SECRET}",
        f"rclone{option} copy ./backup vault:{bucket}",
    ]
    return "\n".join(lines)


def _mc(url: str, bucket: str, ca: str) -> str:
    trust = [f"cp {ca} ~/.mc/certs/CAs/"] if ca else []
    lines = [
        *trust,
        f"mc alias set vault {url} {ACCESS} {SECRET}",
        f"mc cp --recursive ./backup vault/{bucket}",
    ]
    return "\n".join(lines)


def _restic(url: str, bucket: str, region: str, ca: str) -> str:
    option = f" --cacert {ca}" if ca else ""
    repository = f"s3:{url}/{bucket}"
    lines = [
        f"export AWS_ACCESS_KEY_ID={ACCESS}",
        f"export AWS_SECRET_ACCESS_KEY={SECRET}",
        f"export AWS_DEFAULT_REGION={region}",
        f"restic{option} -r {repository} init",
        f"restic{option} -r {repository} backup /srv",
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
