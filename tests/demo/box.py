"""The box API as the demo needs it."""
import base64
import json
import os
import urllib.error
import urllib.request


class Box:
    def __init__(self, root, port):
        self.base = f"http://127.0.0.1:{port}"
        self._password_file = os.path.join(root, "initial-admin-password")
        self._token_file = os.path.join(root, "demo-token")

    def is_ready(self):
        try:
            return self._ask("/healthz", {})[0] == 200
        except OSError:
            return False

    @property
    def password(self):
        """The password of the first start; None once the owner has changed it."""
        try:
            with open(self._password_file) as file:
                return file.read()
        except FileNotFoundError:
            return None

    def keep_token(self):
        """A viewer's token of our own, so that the table goes on after the owner has changed the password."""
        if self._token() is None and self.password is not None:
            with os.fdopen(os.open(self._token_file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
                file.write(self.get("tokens", {"name": "make run", "role": "viewer"})["secret"])

    def get(self, path, body=None):
        """The JSON of a route below /api/v1; with a body it is a POST."""
        status, answer = self._ask(f"/api/v1/{path}", self._credentials(), body)
        if status >= 400:
            raise BoxError(f"{path}: {status} {json.loads(answer or b'{}').get('detail', '')}")
        return json.loads(answer)

    def _credentials(self):
        if (password := self.password) is not None:
            return {"Authorization": "Basic " + base64.b64encode(f"admin:{password}".encode()).decode()}
        if (token := self._token()) is not None:
            return {"Authorization": "Bearer " + token}
        raise BoxError("the password was changed and there is no token of an earlier run: the table cannot be read")

    def _token(self):
        try:
            with open(self._token_file) as file:
                return file.read()
        except FileNotFoundError:
            return None

    def _ask(self, path, headers, body=None):
        request = urllib.request.Request(self.base + path, headers=headers, data=None if body is None else json.dumps(body).encode())
        if body is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()


class BoxError(Exception):
    """The box refused; the message is for people."""
