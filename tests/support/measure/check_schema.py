"""What measure_samples writes (argv[2]) against its published schema (argv[1]), both ways: what is
written is described, and what is described is written."""
import copy
import json
import os
import subprocess
import sys

import jsonschema

NUMBERS = {"integer", "number"}


def schema_nodes(node, path="#"):
    """Every schema object inside a schema, with its place."""
    yield path, node
    for key in ("properties", "$defs"):
        for name, inner in node.get(key, {}).items():
            yield from schema_nodes(inner, f"{path}/{key}/{name}")
    if isinstance(node.get("items"), dict):
        yield from schema_nodes(node["items"], f"{path}/items")


def style_faults(schema):
    """Properties without description or unit, objects that would let an unknown key pass."""
    for path, node in schema_nodes(schema):
        types = node.get("type", [])
        types = {types} if isinstance(types, str) else set(types)
        is_property = path.split("/")[-2:-1] == ["properties"]
        if is_property and not node.get("description"):
            yield f"{path}: no description"
        if is_property and types & NUMBERS and not node.get("unit"):
            yield f"{path}: a number without unit"
        if "object" in types and node.get("additionalProperties", True) is True:
            yield f"{path}: unknown keys would pass"


def unwritten(schema, record):
    """Required properties that the sample nowhere has with a value other than null."""
    seen = set()

    def walk(node, value):
        if "$ref" in node:
            walk(schema["$defs"][node["$ref"].rsplit("/", 1)[1]], value)
        for choice in node.get("oneOf", []):
            if value is not None and choice.get("type") != "null":
                walk(choice, value)
        if isinstance(value, dict):
            for name, inner in node.get("properties", {}).items():
                if value.get(name) is not None:
                    seen.add(id(inner))
                    walk(inner, value[name])
        elif isinstance(value, list) and "items" in node:
            for row in value:
                walk(node["items"], row)

    walk(schema, record)
    for path, node in schema_nodes(schema):
        for name in node.get("required", []):
            if name not in node.get("properties", {}):
                yield f"{path}: {name} is required and not described"
            elif id(node["properties"][name]) not in seen:
                yield f"{path}: {name} is never written"


def objects(value):
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, (dict, list)):
            yield from objects(inner)


def with_one_trial(record):
    small = copy.deepcopy(record)
    for target in small["targets"]:
        target.update({key: target[key][-1:] for key in ("trials",) if key in target})
        for trial in target.get("trials", []):
            trial["timeline"] = trial["timeline"][:1]
    return small


def undescribed(validator, record):
    """Objects to which a key can be added unnoticed (the schema must be closed everywhere)."""
    small = with_one_trial(record)
    for index, thing in enumerate(objects(small)):
        thing["not a key"] = {}
        if validator.is_valid(small):
            yield f"object {index} with keys {sorted(thing)[:4]}: an unknown key passes"
        del thing["not a key"]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    text = subprocess.run([os.environ["MEASURE_SAMPLES"], sys.argv[2]], check=True, timeout=60,
                          capture_output=True).stdout
    record = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    faults = [f"{error.json_path}: {error.message[:200]}"
              for error in validator.iter_errors(record)]
    faults += style_faults(schema)
    faults += unwritten(schema, record)
    faults += undescribed(validator, record)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
