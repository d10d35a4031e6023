"use strict";
// Decodes the histograms of run.json: base64 of HdrHistogram V2, compressed, 3 digits from 1 ns, so
// that curves are made of every recorded value and not of a few percentiles.

const HIST_HALF = 1024; // slots per power of two

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function bytesOfBase64(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) {
    bytes[i] = raw.charCodeAt(i);
  }
  return bytes;
}

// The highest value that falls into a slot.
function slotHigh(slot) {
  const bucket = Math.max(0, Math.floor(slot / HIST_HALF) - 1);
  const sub = bucket === 0 ? slot : (slot % HIST_HALF) + HIST_HALF;
  return (sub + 1) * 2 ** bucket - 1;
}

// ZigZag LEB128 of at most 9 bytes; the ninth holds 8 bits.  Returns [value, next position].
function readCount(bytes, at) {
  let value = 0;
  for (let i = 0; i < 9; i++) {
    const byte = bytes[at++];
    const last = i === 8 || byte < 128;
    value += (last ? byte : byte & 127) * 2 ** (7 * i);
    if (last) {
      break;
    }
  }
  return [value % 2 === 0 ? value / 2 : -(value + 1) / 2, at];
}

// {slots: [[highest value, count]...] in rising order, count}.  Throws on anything else.
async function decodeHistogram(text) {
  const outer = bytesOfBase64(text);
  const head = new DataView(outer.buffer);
  if (head.getInt32(0) !== 0x1c849314) {
    throw new Error("not a compressed V2 histogram");
  }
  const bytes = await inflate(outer.subarray(8, 8 + head.getInt32(4)));
  const inner = new DataView(bytes.buffer);
  if (inner.getInt32(0) !== 0x1c849313 || inner.getInt32(12) !== 3 || inner.getInt32(20) !== 1) {
    throw new Error("not a V2 histogram of 3 digits from 1");
  }
  const end = 40 + inner.getInt32(4);
  const slots = [];
  let total = 0;
  for (let at = 40, slot = 0; at < end;) {
    const [count, next] = readCount(bytes, at);
    at = next;
    if (count < 0) {
      slot -= count;
    } else {
      if (count > 0) {
        slots.push([slotHigh(slot), count]);
        total += count;
      }
      slot++;
    }
  }
  return { slots, count: total };
}

// Adds histograms {slots, count, above, max}; `above` are events known only to lie above them all.
function mergeHistograms(list) {
  const counts = new Map();
  const sum = { count: 0, above: 0, max: 0 };
  for (const h of list) {
    for (const [value, count] of h.slots) {
      counts.set(value, (counts.get(value) ?? 0) + count);
    }
    sum.count += h.count;
    sum.above += h.above;
    sum.max = Math.max(sum.max, h.max);
  }
  sum.slots = [...counts].sort((a, b) => a[0] - b[0]);
  return sum;
}

// The value of rank ceil(q n) for each of the rising tails (1 - q); null above the last success and
// where less than one sample is expected.
function quantilesOfTails(h, tails) {
  const n = h.count + h.above;
  const values = [];
  let slot = 0;
  let seen = h.slots.length > 0 ? h.slots[0][1] : 0;
  for (const tail of tails) {
    // Taken from the top end, a rank has no rounding error where it matters.
    const rank = Math.max(1, n - Math.floor(n * tail + 1e-9));
    while (slot < h.slots.length && seen < rank) {
      slot++;
      seen += slot < h.slots.length ? h.slots[slot][1] : 0;
    }
    const known = slot < h.slots.length && n * tail >= 1 - 1e-9;
    values.push(known ? Math.min(h.slots[slot][0], h.max) : null);
  }
  return values;
}
