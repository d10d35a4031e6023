"""Every refusal is one exception; core/methods.py turns it into the answer."""


class Refusal(Exception):
    """`details` says what is at fault: field=, index=, product=."""

    def __init__(self, status, code, message, **details):
        super().__init__(message)
        self.status = status
        self.code = code
        self.details = details
        self.headers = {}


def error_body(refusal):
    return {"error": {"code": refusal.code, "message": str(refusal), **refusal.details}}


def not_found():
    return Refusal(404, "not_found", "no such resource")
