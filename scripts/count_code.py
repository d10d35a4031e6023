"""What scripts/count-code does: counts the two reference servers, and judges three claims by it.

A logical line is a statement of the language's grammar, or a clause of one that has a body of its
own (else, except, catch, finally, case), or a definition (function, class, method). Comments,
documentation, blank lines and what a statement's text is broken into do not count. One parser
(tree-sitter) reads both languages, so the same construct counts alike on both sides.
"""

import argparse
import json
import pathlib
import sys

import tree_sitter_javascript
import tree_sitter_python
from tree_sitter import Language, Parser

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGETS = ROOT / "targets"
MARGIN = 1.05
DEEP = 2  # callbacks within each other, from which on they are a "hell"

LANGUAGES = {
    ".js": Parser(Language(tree_sitter_javascript.language())),
    ".py": Parser(Language(tree_sitter_python.language())),
}

LINES = {
    ".js": frozenset(
        "expression_statement lexical_declaration variable_declaration return_statement if_statement "
        "else_clause for_statement for_in_statement while_statement do_statement switch_statement "
        "switch_case switch_default try_statement catch_clause finally_clause throw_statement "
        "break_statement continue_statement import_statement function_declaration "
        "generator_function_declaration class_declaration method_definition field_definition".split()
    ),
    ".py": frozenset(
        "expression_statement return_statement if_statement elif_clause else_clause for_statement "
        "while_statement try_statement except_clause finally_clause with_statement raise_statement "
        "pass_statement break_statement continue_statement import_statement import_from_statement "
        "future_import_statement assert_statement delete_statement global_statement "
        "nonlocal_statement function_definition class_definition match_statement case_clause".split()
    ),
}
BRANCHES = frozenset(
    "if_statement elif_clause for_statement for_in_statement while_statement do_statement switch_case "
    "case_clause catch_clause except_clause ternary_expression conditional_expression".split()
)
HANDLERS = frozenset(["catch_clause", "except_clause"])
FUNCTIONS = frozenset(["arrow_function", "function_expression", "generator_function"])

# A server is its routes and what stands below them. Apart: tests, and settings; lanes that are there
# to be compared with the first one (other servers and serialisers, process models, sockets past Channels).
SERVERS = {
    "node": {
        "files": ["*.js", "routes/*.js", "lib/*.js", "workers/*.js", "heavy/*.js"],
        "apart": ["lib/config.js", "lib/schemas.js"],
    },
    "django": {
        "files": ["*.py", "routes/*.py", "core/*.py", "config/*.py", "shop/*.py", "heavy/*.py"],
        "apart": [
            *("config/settings.py", "core/config.py"),
            *("granian_wsgi.py", "gunicorn_asgi.py", "gunicorn_wsgi.py", "config/wsgi.py", "core/wsgi.py"),
            *("core/worker_granian.py", "core/worker_wsgi.py", "core/worker_asgi.py"),
            *("core/session_direct.py", "core/requests_h11.py"),
        ],
    },
}

# Kinds of fault that the contract names, and the code of the server's own that tells them from a good
# request: file and a text that must be in it. Empty: the framework or its server does so by itself,
# and what is left is to say it in the contract's words.
FAULTS = [
    ("a body over the limit", "", ("core/limits.py", "class _Counted")),
    ("a header over the limit", "", ("core/limits.py", "_refuse_header")),
    ("a request that is too slow", "", ("core/timed.py", "class Timed")),
    ("a body that is not JSON", ("lib/wire.js", "'bad_json'"), ("core/wire.py", '"bad_json"')),
    ("a media type that is not wanted", ("lib/wire.js", "'unsupported'"), ("core/wire.py", '"unsupported"')),
    ("a method that is not known", ("lib/methods.js", "'method_not_allowed'"), ("core/methods.py", '"method_not_allowed"')),
    ("a path that is not known", "", ""),
    ("a handler that fails", "", ""),
    ("a background task that fails", ("routes/errors.js", "unhandledRejection"), ""),
    ("a process that dies", ("lib/primary.js", "function replace"), ""),
]
# The code for faults: files that are about nothing else, and functions of others; and all handlers.
FAULT_CODE = {
    "node": ["lib/errors.js", "lib/methods.js", "lib/primary.js replace"],
    "django": ["core/errors.py", "core/methods.py", "core/limits.py", "core/requests.py", "core/timed.py"],
}


def walk(node, counts, depth=0):
    """Each node with how many callbacks that count it lies in: functions that are handed to a call."""
    yield node, depth
    inside = node.parent is not None and is_callback(node) and counts(node)
    for child in node.children:
        yield from walk(child, counts, depth + inside)


def is_line(node, suffix):
    if node.type not in LINES[suffix]:
        return False
    first = node.named_children[0].type if node.named_children else ""
    if node.type == "expression_statement":
        return first != "string"  # documentation, "use strict"
    # "else if" is one, as elif is.
    return not (node.type == "else_clause" and first == "if_statement")


def lines(node, suffix):
    return sum(is_line(each, suffix) for each, _ in walk(node, lambda node: True))


def parse(path):
    return LANGUAGES[path.suffix].parse(path.read_bytes()).root_node


def is_callback(node):
    return node.type in FUNCTIONS and node.parent.type == "arguments"


def deepest(nodes, counts):
    """How many callbacks lie in each other, of those that count."""
    return max((1 + depth for node, depth in nodes if is_callback(node) and counts(node)), default=0)


def has_statements(node):
    return node.child_by_field_name("body").type == "statement_block"


def handlers(node):
    """The outermost ones: what lies in a handler is counted with it."""
    if node.type in HANDLERS:
        return [node]
    return [found for child in node.children for found in handlers(child)]


def measure(path):
    """Counts of one file."""
    root, suffix = parse(path), path.suffix
    nodes = list(walk(root, lambda node: True))
    blocks = list(walk(root, has_statements))
    return {
        "lines": sum(is_line(node, suffix) for node, _ in nodes),
        "branches": sum(node.type in BRANCHES for node, _ in nodes),
        "handlers": sum(lines(node, suffix) for node in handlers(root)),
        "callbacks": deepest(nodes, lambda node: True),
        "callback_bodies": deepest(blocks, has_statements),
    }


def lines_of_function(path, name):
    for node, _ in walk(parse(path), lambda node: True):
        named = node.child_by_field_name("name")
        if node.type.endswith(("function_declaration", "function_definition")) and named.text.decode() == name:
            return lines(node, path.suffix)
    sys.exit(f"scripts/count-code: its list is out of date: {path} has no {name}")


def lines_for_faults(folder, name, files):
    whole = {entry for entry in FAULT_CODE[name] if " " not in entry}
    parts = [entry.split() for entry in FAULT_CODE[name] if " " in entry]
    missing = whole - files.keys()
    if missing:
        sys.exit(f"scripts/count-code: its list is out of date: {', '.join(missing)}")
    in_files = sum(counts["lines" if file in whole else "handlers"] for file, counts in files.items())
    return in_files + sum(lines_of_function(folder / file, function) for file, function in parts)


def files_of(folder, server):
    found = {path for pattern in server["files"] for path in folder.glob(pattern)}
    apart = {folder / name for name in server["apart"]}
    missing = [str(path) for path in apart if not path.exists()]
    if missing:
        sys.exit(f"scripts/count-code: its list is out of date: {', '.join(missing)}")
    return sorted(found - apart)


def own_faults(folder, column):
    own = []
    for fault in FAULTS:
        if fault[column]:
            name, text = fault[column]
            path = folder / name
            if not path.exists() or text not in path.read_text():
                sys.exit(f"scripts/count-code: its list is out of date: {path} has no {text}")
            own.append(fault[0])
    return own


def count(name, column, targets=TARGETS):
    folder = targets / name
    files = {str(path.relative_to(folder)): measure(path) for path in files_of(folder, SERVERS[name])}
    place = max(files, key=lambda file: files[file]["callbacks"])
    return {
        "files": len(files),
        "lines": sum(counts["lines"] for counts in files.values()),
        "lines_of_routes": sum(c["lines"] for file, c in files.items() if file.startswith("routes/")),
        "branches": sum(counts["branches"] for counts in files.values()),
        "faults_with_code": len(own_faults(folder, column)),
        "lines_for_faults": lines_for_faults(folder, name, files),
        "deepest_callbacks": files[place]["callbacks"],
        "deepest_in": place,
        "deepest_bodies": max(counts["callback_bodies"] for counts in files.values()),
    }


def less(pairs):
    """The rule: each of Django's counts is less by more than 5 %; refuted if one is not less."""
    if all(django * MARGIN < node for node, django in pairs):
        return "supported"
    return "refuted" if any(django >= node for node, django in pairs) else "inconclusive"


def judge(node, django):
    def both(*keys):
        return [(node[key], django[key]) for key in keys]

    def say(key, words):
        return f"{words}: node {node[key]}, django {django[key]}"

    nested = "supported" if node["deepest_callbacks"] > DEEP else "refuted"
    return [
        {
            "number": 24,
            "id": "errors",
            "made": "more convenient to solve the error handling problem (Python)",
            "verdict": less(both("faults_with_code", "lines_for_faults")),
            "text": "; ".join([
                say("faults_with_code", f"kinds of fault, of {len(FAULTS)}, that take code of one's own"),
                say("lines_for_faults", "logical lines of that code, and of all handlers"),
            ]),
            "caveat": "convenience is more than a count",
        },
        {
            "number": 46,
            "id": "dev-size",
            "made": "requires less code for development (Python)",
            "verdict": less(both("lines", "lines_of_routes")),
            "text": "; ".join([
                say("lines", "logical lines"),
                say("lines_of_routes", "of these in routes"),
                say("branches", "branches"),
                say("files", "files"),
            ]),
            "caveat": "settings, tests and the lanes beside the first one are apart; one team's code on one contract",
        },
        {
            "number": 47,
            "id": "dev-size",
            "made": "Decreased readability due to Callback hell (Node)",
            "verdict": nested,
            "text": f"callbacks within each other: {node['deepest_callbacks']} at most, in node/{node['deepest_in']}"
            f"; the claim takes more than {DEEP}; of those with a body of statements {node['deepest_bodies']}",
            "caveat": "a function like () => null that is handed to a call counts as any other",
        },
    ]


def main():
    options = argparse.ArgumentParser(prog="scripts/count-code", description=__doc__.splitlines()[0])
    options.add_argument("--json", action="store_true", help="the counts and verdicts as JSON")
    arguments = options.parse_args()
    node, django = count("node", 1), count("django", 2)
    claims = judge(node, django)
    scope = "targets/node against targets/django, on this contract; not the languages"
    if arguments.json:
        print(json.dumps({"node": node, "django": django, "claims": claims, "scope": scope}, indent=2))
        return
    print("Claims, as loadgen explain claims has their rules:")
    for claim in claims:
        print(f'  {claim["verdict"]}: "{claim["made"]}" (claim {claim["number"]}): {claim["text"]}; caveat: {claim["caveat"]}')
    print(f"  Scope: {scope}")


if __name__ == "__main__":
    main()
