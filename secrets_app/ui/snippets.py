"""How programs get at one secret: with its own address and a placeholder for the credential."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.utils.translation import gettext as _

from secrets_app.records import SecretInfo
from vaultportal.ui.snippets import Snippet

TOKEN = "VAULT_PORTAL_TOKEN"  # noqa: S105 the name of a variable


def snippets_of(base: str, info: SecretInfo, fields: Sequence[str]) -> list[Snippet]:
    """base: the portal's address without a slash at its end; fields: names, the first one is used.

    The credential is an API key or an access token of an API client that may read the secret.
    """
    url = f"{base}/api/v1/secrets/{info.id}/data"
    field = fields[0] if fields else "password"
    return [
        Snippet("curl", "curl", _curl(url, field)),
        Snippet("python", "Python", _python(url, field)),
        Snippet("go", "Go", _go(url, field)),
        Snippet("typescript", "TypeScript", _typescript(url, field)),
        Snippet("vp", _("Command line"), _vp(base, info, field)),
        Snippet("terraform", "Terraform", _terraform(url, field)),
        Snippet("kubernetes", "Kubernetes", _kubernetes(base, info)),
        Snippet("actions", "GitHub Actions", _actions(url, field)),
    ]


def _quoted(text: str) -> str:
    """As a string of JSON, which Python, Go, TypeScript, HCL and YAML read alike."""
    return json.dumps(text)


def _path(field: str) -> str:
    return f".data[{_quoted(field)}]"


def _shell(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _curl(url: str, field: str) -> str:
    return f"""\
curl --fail --silent --show-error \\
  --header "Authorization: Bearer ${TOKEN}" \\
  {url} | jq --raw-output {_shell(_path(field))}"""


def _python(url: str, field: str) -> str:
    return f"""\
import json
import os
import urllib.request

request = urllib.request.Request(
    {_quoted(url)},
    headers={{"Authorization": "Bearer " + os.environ["{TOKEN}"]}},
)
with urllib.request.urlopen(request, timeout=10) as answer:
    value = json.load(answer)["data"][{_quoted(field)}]"""


def _go(url: str, field: str) -> str:
    return f"""\
request, err := http.NewRequest("GET", {_quoted(url)}, nil)
if err != nil {{
	return err
}}
request.Header.Set("Authorization", "Bearer "+os.Getenv("{TOKEN}"))
answer, err := http.DefaultClient.Do(request)
if err != nil {{
	return err
}}
defer answer.Body.Close()
if answer.StatusCode != http.StatusOK {{
	return errors.New(answer.Status)
}}
var secret struct {{
	Data map[string]any `json:"data"`
}}
if err := json.NewDecoder(answer.Body).Decode(&secret); err != nil {{
	return err
}}
value := secret.Data[{_quoted(field)}]"""


def _typescript(url: str, field: str) -> str:
    return f"""\
const answer = await fetch({_quoted(url)}, {{
  headers: {{ Authorization: `Bearer ${{process.env.{TOKEN}}}` }},
}});
if (!answer.ok) throw new Error(`${{answer.status}}`);
const {{ data }} = await answer.json();
const value: string = data[{_quoted(field)}];"""


def _vp(base: str, info: SecretInfo, field: str) -> str:
    place = f"{info.owner_id or 'shared'}:{info.name}"
    return f"""\
vp login {base} --api-key
vp secret get {_shell(place)} --field {_shell(field)}"""


def _terraform(url: str, field: str) -> str:
    return f"""\
terraform {{
  required_version = ">= 1.10"
  required_providers {{
    terracurl = {{ source = "devops-rob/terracurl", version = ">= 2.0" }}
  }}
}}

variable "vault_portal_token" {{
  type      = string
  sensitive = true
  ephemeral = true
}}

ephemeral "terracurl_request" "secret" {{
  name           = "secret"
  url            = {_quoted(url)}
  method         = "GET"
  response_codes = ["200"]
  headers        = {{ Authorization = "Bearer ${{var.vault_portal_token}}" }}
}}

locals {{
  value = jsondecode(ephemeral.terracurl_request.secret.response).data[{_quoted(field)}]
}}"""


def _kubernetes(base: str, info: SecretInfo) -> str:
    return f"""\
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata:
  name: vault-portal
spec:
  provider:
    webhook:
      url: "{base}/api/v1/secrets/{{{{ .remoteRef.key }}}}/data"
      headers:
        Authorization: "Bearer {{{{ .portal.token }}}}"
      result:
        jsonPath: "$.data"
      secrets:
        - name: portal
          secretRef:
            name: vault-portal-token
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: {_slug(info.name)}
spec:
  refreshInterval: 1h
  secretStoreRef:
    kind: SecretStore
    name: vault-portal
  dataFrom:
    - extract:
        key: {info.id}"""


def _actions(url: str, field: str) -> str:
    return f"""\
- name: Read the secret
  env:
    {TOKEN}: ${{{{ secrets.{TOKEN} }}}}
  run: |
    value="$(curl --fail --silent --show-error \\
      --header "Authorization: Bearer ${TOKEN}" \\
      {url} | jq --raw-output {_shell(_path(field))})"
    echo "::add-mask::$value"
    echo "VALUE=$value" >> "$GITHUB_ENV\""""


def _slug(name: str) -> str:
    """A name that Kubernetes takes: small letters, digits and hyphens."""
    kept = "".join(char if char.isascii() and char.isalnum() else "-" for char in name.lower())
    return kept.strip("-")[:63].strip("-") or "secret"
