"""The portal that tests over HTTP get."""

from __future__ import annotations

import httpx

from tests.portal import Portal


def test_it_answers_and_its_log_holds_no_credential(portal: Portal) -> None:
    assert httpx.get(f"{portal.url}/readyz").status_code == httpx.codes.OK
    assert set(portal.credentials) >= {"portal", "piiano", "privx", "sailpoint", "commvault"}

    assert portal.credentials["portal"]["password"] not in portal.log()
    assert portal.credentials["piiano"]["api_key"] not in portal.log()
