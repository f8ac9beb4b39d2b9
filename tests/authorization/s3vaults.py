"""Who gets what of S3 vaults: rows of the matrix. Older routes tell refusals in a body with 200.

What a row names is not there, or is what every portal begins with: nothing is installed anywhere.
"""

from __future__ import annotations

from tests.authorization.matrix import CLOSED, NOBODY, Row

COMMVAULT = ("anonymous", "revoked", "stranger", "manager")

B = "commandcenter/api"
PUBLIC = "200 200 200 200"
BAD = "400 400 400 400"
SIGNED_IN = "401 401 200 200"
MANAGERS = "401 401 404 200"
NOT_THERE = "401 401 404 404"
FORBIDDEN_FIRST = "401 401 403 404"
NONE = "999999"
ORDER = {"bucket": {"clientName": "ledger"}, "plan": {"planId": 999_999, "planName": "none"}}
MACHINE = {"entities": [{"hostName": "127.0.0.1", "sshPortNumber": 1}]}
# Nobody listens there, and nobody is told to sign in.
INSTALL = {"clientDetails": [{"clientEntity": {"clientName": "127.0.0.1"}}]}
TASK = {
    "taskInfo": {
        "subTasks": [
            {
                "subTask": {"operationType": 4026},
                "options": {"adminOpts": {"clientInstallOption": INSTALL}},
            }
        ]
    }
}
ENDPOINT = f"{B}/v4/client/{NONE}/cvs3endpoint"

# Answered to everybody who has signed in; what is in the answer depends on who asks.
_SIGNED_IN = {
    "whoami": "GET POST",
    "v2/whoami": "GET POST",
    "logout": "POST",
    "commserv": "GET",
    "vsaclientandclientgrouplist": "GET",
    "v4/accesstoken": "GET",
    f"v4/accesstoken/{NONE}": "DELETE",
    "v4/cvs3stores": "GET",
    "v4/user/s3accesskey": "GET PUT",
    "job": "GET",
    f"job/{NONE}": "GET",
    f"job/{NONE}/taskdetails": "GET",
    f"job/{NONE}/advanceddetails": "GET",
    f"job/{NONE}/action/kill": "POST",
    f"job/{NONE}/action/pause": "POST",
    f"job/{NONE}/action/resume": "POST",
    f"job/{NONE}/action/resubmit": "POST",
    "events": "GET",
    "plan": "GET",
    "v2/plan": "GET",
    f"v2/plan/{NONE}": "DELETE",
    "v4/plan/summary": "GET",
    "v4/planids": "GET",
    "v4/serverplan": "GET",
    "storagepolicy": "GET",
    "storagepool": "GET",
    "v4/storage/disk": "GET",
    "v4/storage/cloud": "GET",
    "client": "GET",
    f"client/{NONE}": "DELETE",
    f"client/{NONE}/retire": "DELETE",
    "getid": "GET",
    "v4/servers": "GET",
    "v4/user": "GET",
    "user": "GET",
    f"user/{NONE}": "DELETE",
    f"user/{NONE}/enable": "PUT",
    f"user/{NONE}/disable": "PUT",
    "v4/usergroup": "GET",
    f"usergroup/{NONE}": "DELETE",
    "v4/role": "GET",
    "security/roles": "GET",
}
_NOT_THERE = {
    f"v4/cvs3store/{NONE}": "GET DELETE",
    f"v4/client/{NONE}/cvs3endpoint": "GET",
    f"v4/user/{NONE}": "GET",
    f"user/{NONE}": "GET",
    f"user/{NONE}/security": "GET",
    f"v4/usergroup/{NONE}": "GET",
    f"usergroup/{NONE}/security": "GET",
}
_MANAGERS = (
    "v2/plan/1",
    "v2/plan/1/associatedentities",
    "v4/plan/summary/1",
    "v4/serverplan/1",
    "storagepool/1",
    "client/1",
    "client/1/checkreadiness",
)

COMMVAULT_ROWS = (
    *(
        Row(method, f"{B}/{path}", SIGNED_IN)
        for path, methods in _SIGNED_IN.items()
        for method in methods.split()
    ),
    *(
        Row(method, f"{B}/{path}", NOT_THERE)
        for path, methods in _NOT_THERE.items()
        for method in methods.split()
    ),
    *(Row("GET", f"{B}/{path}", MANAGERS) for path in _MANAGERS),
    Row("GET", B, PUBLIC),
    Row("POST", f"{B}/login", BAD, json={}),
    Row("POST", f"{B}/renewlogintoken", BAD, json={}),
    Row("POST", f"{B}/v4/accesstoken/renew", BAD, json={}),
    Row("POST", f"{B}/v4/accesstoken", SIGNED_IN, json={"tokenExpiryTimestamp": 1}),
    Row("PUT", f"{B}/v4/accesstoken/{NONE}", SIGNED_IN, json={}),
    Row("POST", f"{B}/v4/cvs3store", FORBIDDEN_FIRST, json=ORDER),
    Row("PUT", f"{B}/v4/cvs3store/{NONE}", NOT_THERE, json={}),
    Row("POST", ENDPOINT, FORBIDDEN_FIRST, json={}),
    Row("DELETE", ENDPOINT, FORBIDDEN_FIRST),
    Row("PUT", f"{ENDPOINT}/action/enable", FORBIDDEN_FIRST),
    Row("PUT", f"{ENDPOINT}/action/disable", FORBIDDEN_FIRST),
    Row("GET", f"{B}/v4/user/{NONE}/s3accesskey", FORBIDDEN_FIRST),
    Row("PUT", f"{B}/v4/user/{NONE}/s3accesskey", FORBIDDEN_FIRST),
    Row("POST", f"{B}/jobs", SIGNED_IN, json={}),
    Row("POST", f"{B}/jobdetails", SIGNED_IN, json={"jobId": 999_999}),
    Row("POST", f"{B}/jobs/multijoboperation", SIGNED_IN, json={}),
    Row("POST", f"{B}/v4/serverplan", SIGNED_IN, json={}),
    Row("PUT", f"{B}/v4/serverplan/{NONE}", FORBIDDEN_FIRST, json={}),
    Row("DELETE", f"{B}/v4/serverplan/{NONE}", FORBIDDEN_FIRST),
    Row("POST", f"{B}/installclient", "401 401 403 400", json=MACHINE),
    Row("POST", f"{B}/createtask", "401 401 403 400", json=TASK),
    Row("POST", f"{B}/v4/user", "401 401 403 200", json={"users": [{"name": "{new}"}]}),
    Row("PUT", f"{B}/v4/user/{NONE}", FORBIDDEN_FIRST, json={}),
    Row("DELETE", f"{B}/v4/user/{NONE}", FORBIDDEN_FIRST),
    Row("POST", f"{B}/user", SIGNED_IN, json={"users": []}),
    Row("POST", f"{B}/v4/usergroup", "401 401 403 200", json={"name": "{new}"}),
    Row("POST", f"{B}/usergroup", SIGNED_IN, json={"groups": []}),
)

# Our own API beside it: tests of its own drive it by right; here, that nobody gets in unknown.
_CLOSED_PATHS = {
    "machines": "GET POST",
    "machines/1": "GET PATCH DELETE",
    "machines/1/host-key": "POST PUT",
    "pools": "GET POST",
    "pools/1": "GET PATCH DELETE",
    "plans": "GET POST",
    "plans/1": "GET PATCH DELETE",
    "vaults": "GET",
    "vaults/preview": "POST",
    "vaults/1": "GET",
    "vaults/1/verify": "POST",
    "vaults/1/health": "GET",
    "keys": "GET POST",
    f"keys/{NOBODY}": "POST DELETE",
}
S3_PORTAL_ROWS = tuple(
    Row(method, f"api/v1/s3/{path}", CLOSED)
    for path, methods in _CLOSED_PATHS.items()
    for method in methods.split()
)
