"""How schemathesis proves who it is: as a person with an account, and as the operator on the operator's routes.

A log-out ends the session that it is called with, so the token is looked at before each request and renewed when it is dead.
"""

import json
import os
import urllib.error
import urllib.request

import schemathesis

API = os.environ["EDGEKEEP_API"]
ACCOUNT = {"email": os.environ["EDGEKEEP_EMAIL"], "password": os.environ["EDGEKEEP_PASSWORD"]}
OPERATOR_TOKEN = os.environ["EDGEKEEP_OPERATOR_TOKEN"]


def call(path, body=None, token=None):
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(API + path, data=data, headers=headers), timeout=30) as answer:
        return json.load(answer)


@schemathesis.auth(refresh_interval=None)
class Bearer:
    token = None

    def get(self, case, context):
        if case.path.startswith("/api/v1/operator/"):
            return OPERATOR_TOKEN
        if Bearer.token is None or not self.alive():
            Bearer.token = call("/api/v1/auth/login", ACCOUNT)["access_token"]
        return Bearer.token

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"

    def alive(self):
        try:
            call("/api/v1/auth/me", token=Bearer.token)
            return True
        except urllib.error.HTTPError:
            return False
