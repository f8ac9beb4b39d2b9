"""python manage.py keys: list and rotate the keys, and keep a recovery copy of the root key."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count
from tqdm import tqdm

from vaultportal.crypto import keyring, rewrap, rotation, shares
from vaultportal.crypto.models import DataKey, KeyState, RootKeyVersion
from vaultportal.crypto.rewrap import Progress
from vaultportal.errors import VaultError


class Command(BaseCommand):
    help = "List and rotate the keys that everything is sealed with."

    def add_arguments(self, parser: CommandParser) -> None:
        # Not BaseCommand's own parser class, which wants to know the command that runs it.
        actions = parser.add_subparsers(dest="action", parser_class=ArgumentParser)
        listing = actions.add_parser(
            "list", help="show the keys and what is left to renew (default)"
        )
        listing.add_argument("--scope", default="", help="only scopes that begin so")
        actions.add_parser("rotate-root", help="a new root key, and all data keys wrapped by it")
        data = actions.add_parser("rotate-data", help="a new data key seals from now on")
        data.add_argument("--scope", help="this scope alone; without it, every scope")
        actions.add_parser("rewrap", help="renew what is still wrapped or sealed by an older key")
        export = actions.add_parser(
            "export", help="print a recovery copy of the root key in shares"
        )
        export.add_argument("--shares", type=int, required=True, help="how many to make")
        export.add_argument(
            "--threshold", type=int, required=True, help="how many give the key back"
        )
        export.add_argument("--root-version", type=int, help="without it, the newest")
        restore = actions.add_parser("restore", help="rebuild the key file from shares on stdin")
        restore.add_argument("--root-version", type=int, help="without it, the active one")

    def handle(self, *_: object, **options: Any) -> None:
        actions: dict[str | None, Callable[[dict[str, Any]], None]] = {
            None: self.show,
            "list": self.show,
            "rotate-root": self.rotate_root,
            "rotate-data": self.rotate_data,
            "rewrap": self.rewrap,
            "export": self.export,
            "restore": self.restore,
        }
        try:
            actions[options["action"]](options)
        except VaultError as refusal:
            raise CommandError(refusal.message) from refusal

    def show(self, options: dict[str, Any]) -> None:
        keyring.check()
        for root in RootKeyVersion.objects.order_by("provider", "version"):
            wraps = DataKey.objects.exclude(state=KeyState.DESTROYED).filter(
                provider=root.provider, kek_version=root.version
            )
            self.stdout.write(f"root  {root.label}  {root.state}  wraps {wraps.count()} data keys")
        chosen = DataKey.objects.filter(scope__startswith=options.get("scope") or "")
        if options.get("scope"):
            for key in chosen.order_by("scope", "version"):
                self.stdout.write(
                    f"data  {key.scope}  version {key.version}  {key.state}  "
                    f"by root {key.kek_version}  {key.created_at:%Y-%m-%d %H:%M}"
                )
        else:
            states = chosen.order_by("state").values_list("state").annotate(Count("pk"))
            for state, count in states:
                self.stdout.write(f"data  {count} {state}")
        self.stdout.write(
            f"left to rewrap: {rewrap.data_keys_to_rewrap().count()} data keys, "
            f"{rewrap.object_keys_to_rewrap()} object keys"
        )

    def rotate_root(self, _: dict[str, Any]) -> None:
        promoted = rotation.promote_root_key()
        total = rewrap.data_keys_to_rewrap().count()
        self.follow(rewrap.rewrap_data_keys(), total, "data key")
        self.stdout.write(self.style.SUCCESS(f"{promoted.label} wraps every data key."))
        self.stdout.write("Back up the key file anew; keep older versions as long as older dumps.")

    def rotate_data(self, options: dict[str, Any]) -> None:
        scopes = [options["scope"]] if options["scope"] else self.active_scopes()
        for scope in tqdm(scopes, unit="scope", disable=None):
            rotation.rotate_data_key(scope)
        self.stdout.write(self.style.SUCCESS(f"{len(scopes)} scopes have a new data key."))
        self.stdout.write("Run keys rewrap to renew what the older ones wrap.")

    def rewrap(self, _: dict[str, Any]) -> None:
        keyring.check()
        self.follow(rewrap.rewrap_data_keys(), rewrap.data_keys_to_rewrap().count(), "data key")
        self.follow(rewrap.rewrap_object_keys(), rewrap.object_keys_to_rewrap(), "object key")
        self.follow(rewrap.reseal_vault_fields(), None, "field")
        self.stdout.write(self.style.SUCCESS("Nothing is left under an older key."))

    def export(self, options: dict[str, Any]) -> None:
        label, made = shares.split(
            options["root_version"], shares=options["shares"], threshold=options["threshold"]
        )
        self.stdout.write(
            f"Root key {label}: any {options['threshold']} of these shares give it back."
        )
        for number, words in enumerate(made, start=1):
            self.stdout.write(f"\n{number}. {words}")

    def restore(self, options: dict[str, Any]) -> None:
        if sys.stdin.isatty():
            self.stderr.write("One share a line, then an empty line:")
        words = [line.strip() for line in iter(sys.stdin.readline, "") if line.strip()]
        label = shares.join(words, options["root_version"])
        self.stdout.write(self.style.SUCCESS(f"{label} is back in the key file."))

    def active_scopes(self) -> list[str]:
        active = DataKey.objects.filter(state=KeyState.ACTIVE)
        return list(active.order_by("scope").values_list("scope", flat=True))

    def follow(self, job: Iterator[Progress], total: int | None, unit: str) -> None:
        """Show a job's progress on stderr; CommandError when keys were found that do not open."""
        progress = Progress()
        with tqdm(total=total, unit=unit, disable=None) as bar:
            for progress in job:
                bar.update(progress.done - bar.n)
        if progress.broken:
            named = ", ".join(progress.broken[:10])
            raise CommandError(f"{len(progress.broken)} do not open and stay as they are: {named}")
