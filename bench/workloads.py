"""The hot paths, as requests: add object, add secret, read secret by name."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from bench.load import MakeRequest, request
from bench.portal import Portal

SECRETS = 1000
KIBIBYTE = "x" * 1000


@dataclass(frozen=True, slots=True)
class Workload:
    """A named stream of requests."""

    name: str
    make: MakeRequest


def prepare(portal: Portal) -> list[Workload]:
    """Make the data that the workloads read, and return the workloads."""
    host = urlsplit(portal.url).netloc
    privx = portal.credentials["privx"]
    with httpx.Client(base_url=portal.url, timeout=30) as client:
        token = client.post(
            "/auth/api/v1/oauth/token",
            auth=(privx["oauth_client_id"], privx["oauth_client_secret"]),
            data={
                "grant_type": "password",
                "username": privx["api_client_id"],
                "password": privx["api_client_secret"],
            },
        ).raise_for_status()
        bearer = {"Authorization": f"Bearer {token.json()['access_token']}"}
        store = f"/vault/api/v1/user/{privx['api_client_id']}/secrets"
        for number in range(SECRETS):
            client.post(
                store,
                headers=bearer,
                json={"name": f"bench-{number}", "data": {"value": KIBIBYTE}},
            ).raise_for_status()
        key = {"Authorization": f"Bearer {portal.credentials['piiano']['api_key']}"}
        collection = f"bench{uuid.uuid4().hex[:8]}"
        client.post(
            "/api/pvlt/1.0/ctl/collections",
            headers=key,
            json={
                "name": collection,
                "type": "PERSONS",
                "properties": [
                    {"name": "name", "data_type_name": "NAME"},
                    {"name": "mail", "data_type_name": "EMAIL", "is_index": True},
                    {"name": "phone", "data_type_name": "PHONE_NUMBER", "is_nullable": True},
                    {"name": "ssn", "data_type_name": "SSN", "is_nullable": True},
                    {"name": "city", "data_type_name": "STRING", "is_encrypted": False},
                ],
            },
        ).raise_for_status()
    objects = f"/api/pvlt/1.0/data/collections/{collection}/objects?reason=AppFunctionality"
    run = uuid.uuid4().hex[:8]

    def add_object(number: int) -> bytes:
        body = {
            "name": "Ida Roth",
            "mail": f"ida.{run}.{number}@example.com",
            "phone": "+49301234567",
            "ssn": "123-12-1234",
            "city": "Berlin",
        }
        return request("POST", objects, host, key, json.dumps(body).encode())

    def add_secret(number: int) -> bytes:
        body = {"name": f"{run}-{number}-{uuid.uuid4().hex[:6]}", "data": {"value": KIBIBYTE}}
        return request("POST", store, host, bearer, json.dumps(body).encode())

    def read_secret(number: int) -> bytes:
        return request("GET", f"{store}/bench-{number % SECRETS}", host, bearer)

    made: dict[str, Callable[[int], bytes]] = {
        "add object": add_object,
        "add secret": add_secret,
        "read secret by name": read_secret,
    }
    return [Workload(name, make) for name, make in made.items()]
