"""DATABASE_URL and REDIS_URL."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from vaultportal.runtime.addresses import client_url, parse_database_url, parse_redis_url


def test_each_part_of_a_database_address_may_be_percent_encoded() -> None:
    found = parse_database_url(
        "postgresql://us%40er:p%2Fa%3Ass%25@db.example:6543/na%20me?sslmode=verify-full&sslrootcert=%2Fca.pem"
    )

    assert found == {
        "ENGINE": "vaultportal.runtime.postgresql",
        "NAME": "na me",
        "USER": "us@er",
        "PASSWORD": "p/a:ss%",
        "HOST": "db.example",
        "PORT": "6543",
        "OPTIONS": {"sslmode": "verify-full", "sslrootcert": "/ca.pem"},
    }


def test_a_socket_folder_goes_into_the_query() -> None:
    found = parse_database_url("postgres://portal:x@/portal?host=%2Frun%2Fpost%20gres")

    assert (found["HOST"], found["PORT"]) == ("/run/post gres", "")


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("sqlite:///db.sqlite3", "PostgreSQL"),
        ("sqlite3:///x", "PostgreSQL"),
        ("mysql://u:hush@h/db", "postgres://"),
        ("portal", "postgres://"),
        ("postgres://u:hush@h", "name"),
        ("postgres://u:hush@h/", "name"),
        ("postgres://u:hush@h/a/b", "name"),
        ("postgres://u:hush@h:99999/db", "port"),
        ("postgres://u:hush@h:port/db", "port"),
        ("postgres://u:hush@[h/db", "address"),
        ("postgres://u:hush@h/db?ssl_mode=require", "ssl_mode"),
    ],
)
def test_another_database_address_is_refused_without_repeating_it(url: str, word: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        parse_database_url(url)

    assert word in str(refusal.value)
    assert "hush" not in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "celery", "client"),
    [
        ("redis://h:6380/2", "redis://h:6380/2", "redis://h:6380/2"),
        (
            "rediss://:p@h/0",
            "rediss://:p@h/0?ssl_cert_reqs=required",
            "rediss://:p@h/0?ssl_cert_reqs=required",
        ),
        (
            "unix://u:p%40@/run/my%20valkey.sock?db=3",
            "redis+socket://u:p%40@/run/my%20valkey.sock?virtual_host=3",
            "unix://u:p%40@/run/my%20valkey.sock?db=3",
        ),
        (
            "redis+socket:///run/v.sock",
            "redis+socket:///run/v.sock?virtual_host=0",
            "unix:///run/v.sock?db=0",
        ),
    ],
)
def test_a_broker_address_has_a_form_for_celery_and_one_for_the_client(
    url: str, celery: str, client: str
) -> None:
    assert parse_redis_url(url) == celery
    assert client_url(celery) == client


@pytest.mark.parametrize(
    "url",
    [
        "amqp://u:hush@h",
        "memory://",
        "redis://",
        "redis://:hush@h/one",
        "redis://:hush@h:port/0",
        "unix://run/v.sock",
        "unix://",
        "unix:///v.sock?db=x",
    ],
)
def test_another_broker_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL") as refusal:
        parse_redis_url(url)

    assert "hush" not in str(refusal.value)
