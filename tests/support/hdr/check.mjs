// Checks histograms and interval logs of measure_samples (its path is in MEASURE_SAMPLES) with
// hdr-histogram-js, and that measure_samples reads what hdr-histogram-js writes.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import zlib from "node:zlib";
import hdr from "hdr-histogram-js";

const samples = process.env.MEASURE_SAMPLES;
const HOUR_NS = 3600e9;
const COUNT_BITS = 64;

function run(what, input = "") {
    const options = { input, encoding: "utf8", maxBuffer: 64 << 20, timeout: 60000 };
    return execFileSync(samples, [what], options);
}

function counts(histogram) {
    const found = [];
    for (let i = 0; i < histogram.countsArrayLength; i++) {
        const count = histogram.getCountAtIndex(i);
        if (count > 0) {
            found.push([histogram.valueFromIndex(i), count]);
        }
    }
    return found;
}

// hdr-histogram-js fills two header fields in its own way and reads them as if they were not there:
// it writes 1 for the normalizing offset 0, and the whole number 1 for the ratio, a double.  The
// format says otherwise, and our reader is strict.
function repaired(text) {
    const outer = Buffer.from(text, "base64");
    const plain = zlib.inflateSync(outer.subarray(8));
    assert.equal(plain.readInt32BE(8), 1);
    assert.equal(plain.readBigInt64BE(32), 1n);
    plain.writeInt32BE(0, 8);
    plain.writeDoubleBE(1, 32);
    const packed = zlib.deflateSync(plain);
    outer.writeInt32BE(packed.length, 4);
    return Buffer.concat([outer.subarray(0, 8), packed]).toString("base64");
}

const histograms = run("histograms").trimEnd().split("\n").map((line) => JSON.parse(line));

test("there are histograms to check", () => assert.equal(histograms.length, 7));

for (const ours of histograms) {
    test(`${ours.name}: counts and percentiles are the same`, () => {
        const theirs = hdr.decodeFromCompressedBase64(ours.text, COUNT_BITS);
        assert.equal(theirs.totalCount, ours.count);
        assert.deepEqual(counts(theirs), ours.counts);
        if (ours.count === 0) {
            return;
        }
        for (const [q, value] of ours.quantiles) {
            // Ours never names a value above the highest one that was recorded.
            const wanted = Math.min(theirs.getValueAtPercentile(q * 100), ours.max);
            assert.equal(value, wanted, `q = ${q}`);
        }
    });
}

test("what the other implementation writes is read", () => {
    const layout = { bitBucketSize: COUNT_BITS, lowestDiscernibleValue: 1,
        highestTrackableValue: HOUR_NS, numberOfSignificantValueDigits: 3, autoResize: false };
    const texts = [], wanted = [];
    for (const values of [[], [0], [1, 1, 3, 5000], [1e6, 2e6, 1e9, HOUR_NS]]) {
        const histogram = hdr.build(layout);
        values.forEach((value) => histogram.recordValue(value));
        texts.push(repaired(hdr.encodeIntoCompressedBase64(histogram)));
        wanted.push(counts(histogram));
    }
    const got = run("decode", texts.map((text) => text + "\n").join(""));
    assert.deepEqual(got.trimEnd().split("\n").map((line) => JSON.parse(line)), wanted);
});

test("the interval log is read with its tags, times and counts", () => {
    const reader = new hdr.HistogramLogReader(run("hlog"), COUNT_BITS);
    const base = 1763625600250;
    const tags = ["NO TAG", "say.response", "heard__delivery"];
    for (let second = 0; second < 3; second++) {
        for (let tag = 0; tag < 3; tag++) {
            const interval = reader.nextIntervalHistogram();
            assert.equal(interval.tag, tags[tag]);
            assert.equal(interval.startTimeStampMsec, base + 1000 * second);
            assert.equal(interval.endTimeStampMsec, base + 1000 * (second + 1));
            assert.equal(interval.totalCount, 10 * (second + 1) + tag);
        }
    }
    assert.equal(reader.nextIntervalHistogram(), null);
    assert.deepEqual(hdr.listTags(run("hlog")).sort(), [...tags].sort());
});

// What intervals.hlog of the sample record must hold, from its run.json alone.
function expectedIntervals(record) {
    const start = (at) => Date.parse(at);
    const lines = [];
    for (const target of record.targets) {
        for (const trial of target.trials) {
            for (const row of trial.timeline.filter(({ at_s }) => at_s >= 0)) {
                const from = start(trial.started_at) + 1000 * (trial.warmup_s + row.at_s);
                const add = (tag, name, count, times) =>
                    count > 0 && lines.push({ tag: `${target.name}.${name}.${tag}`, from,
                        count, p50: times.p50, p99: times.p99 });
                row.steps.forEach((step, i) => add("response", trial.steps[i].name, step.completed,
                    step.failed > 0 ? {} : step.response_time_ns));
                row.deliveries.forEach((heard, i) => add("delivery", trial.deliveries[i].name,
                    heard.received, heard.delivery_time_ns));
                row.streams.forEach((stream, i) => add("gap", trial.streams[i].name, stream.gaps,
                    stream.gap_time_ns));
            }
        }
    }
    return lines.sort((a, b) => a.from - b.from);
}

test("the interval log of a record has its measured seconds, in time's order", () => {
    const wanted = expectedIntervals(JSON.parse(run("record")));
    const log = run("intervals");
    const reader = new hdr.HistogramLogReader(log, COUNT_BITS);
    assert.ok(wanted.length > 100);
    for (const line of wanted) {
        const interval = reader.nextIntervalHistogram();
        assert.equal(interval.tag, line.tag);
        assert.equal(interval.startTimeStampMsec, line.from);
        assert.equal(interval.endTimeStampMsec, line.from + 1000);
        assert.equal(interval.totalCount, line.count);
        for (const [q, value] of [[50, line.p50], [99, line.p99]]) {
            if (value !== undefined) {
                assert.equal(Math.min(interval.getValueAtPercentile(q), interval.maxValue), value);
            }
        }
    }
    assert.equal(reader.nextIntervalHistogram(), null);
    assert.deepEqual(hdr.listTags(log).sort(),
        ["django.heard.delivery", "django.say.response", "django.ticks.gap",
            "node.heard.delivery", "node.say.response", "node.ticks.gap"]);
});
