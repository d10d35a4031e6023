"""Every refusal is one exception; core/methods.py turns it into the answer."""


class Refusal(Exception):
    def __init__(self, status, code, message, field=None):
        super().__init__(message)
        self.status = status
        self.code = code
        self.field = field
        self.headers = {}


def error_body(refusal):
    error = {"code": refusal.code, "message": str(refusal)}
    if refusal.field:
        error["field"] = refusal.field
    return {"error": error}


def not_found():
    return Refusal(404, "not_found", "no such resource")
