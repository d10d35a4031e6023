"""The Autobahn suite's cases against our WebSocket client; the verdicts as JUnit XML, a test a case.

    run.py CLIENT REPORT.xml [CASE...]      cases as in the suite: 7.1.6, 9.*; all of them without

The case files are the suite's own. Their usual runner needs Python 2; this one (kosoku) does not.
"""

import asyncio
import sys
import xml.etree.ElementTree as ET

from kosoku import FailureError, run_fuzzingserver
from kosoku._caseindex import initialize_shims

HUNG_AFTER = 1200  # seconds, for the cases of a pass
CASE_BYTES = 4 << 20  # of the compression cases, each of 1,000 messages of up to 128 KiB: no more than this
STRICT = {"OK", "INFORMATIONAL"}

# How the client reads, the cases of it, and the suite's words for a good end. What is read in one piece
# with a fault is not answered any more; the suite calls that non-strict where it waits for the answer.
FRAMING = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"]
LIMITS = ["9.*"]
COMPRESSION = ["12.*", "13.*"]
PASSES = [
    ("bytes", FRAMING, STRICT),
    ("whole", FRAMING + LIMITS + COMPRESSION, STRICT | {"NON-STRICT"}),
]


def shorten_compression_cases():
    initialize_shims()
    import case12_x_x  # one of the suite's files

    for case in case12_x_x.Case12_X_X + case12_x_x.Case13_X_X:
        case.COUNT = min(case.COUNT, CASE_BYTES // case.LEN)


async def verdicts(client, reads, cases):
    """The suite's results; a client that ended badly, or hangs, raises."""
    async with run_fuzzingserver(cases, port=0) as server:
        process = await asyncio.create_subprocess_exec(client, str(server.port), reads)
        try:
            code = await asyncio.wait_for(process.wait(), HUNG_AFTER)
        except TimeoutError:
            process.kill()
            raise
        assert code == 0, f"the client's exit code is {code}"
        try:
            return await server.get_result()
        except FailureError as failure:
            return failure.results


def case_element(reads, result, good):
    name, seconds = f"{reads} {result.case_id}", f"{result.duration / 1000:.3f}"
    case = ET.Element("testcase", classname="autobahn", name=name, time=seconds)
    behaviour, closing = result.behavior.value, result.behavior_close.value
    if not {behaviour, closing} <= good:
        fault = ET.SubElement(case, "failure", message=f"{behaviour}, closing {closing}")
        told = (result.description, f"expected: {result.expectation}", result.result, result.result_close)
        fault.text = "\n".join(told)
    return case


def main():
    client, report, *cases = sys.argv[1:]
    shorten_compression_cases()
    suite = ET.Element("testsuite", name="autobahn")
    for reads, usual, good in PASSES:
        results = asyncio.run(verdicts(client, reads, cases or usual))
        suite.extend(case_element(reads, result, good) for result in results)
        total = sum(result.duration for result in results) / 1000
        print(f"{reads}: {len(results)} cases, {total:.0f} s")
    ET.ElementTree(suite).write(report)
    faults = [(case.get("name"), fault.get("message")) for case in suite for fault in case.findall("failure")]
    for name, message in faults:
        print(f"{name}: {message}")
    return 1 if faults or not len(suite) else 0


if __name__ == "__main__":
    sys.exit(main())
