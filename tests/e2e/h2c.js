/* A server of HTTP/2 without TLS that keeps its books: what each connection asked and what was sent.
 *
 * Listens on a free port of 127.0.0.1, says so, serves until its stdin ends, and then writes its tally,
 * the requests in the order of their coming:
 *
 *   /ticks   n events at hz; each text is `style` = lf or bytes (byte by byte); skip = ID, twice = ID;
 *            retry (ms); cut = k ends the stream after k events in the `how` of rst (RST_STREAM with an
 *            error), goaway (with an error, and then the end), leave (GOAWAY without one: streams in
 *            flight live on) or gone (the connection is cut); Last-Event-ID: k begins with k + 1
 *   /token   {"token":"..."}, another each time
 *   /use     the query's t is in the tally
 *   /slow    after ms
 *   /fail    500
 */
const http2 = require('node:http2');

const connections = new Map(); // of a session: its number and its socket
const tally = [];
let tokens = 0;

const server = http2.createServer({ peerMaxConcurrentStreams: 100 });

function tick(number) {
    return `id: ${number}\nevent: tick\ndata: {"n":${number},"text":"€"}\n\n`;
}

const CUTS = {
    rst: (stream) => stream.destroy(new Error('cut')), // INTERNAL_ERROR, and no END_STREAM before it
    goaway: ({ session }) => {
        session.goaway(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM);
        session.ping(() => connections.get(session).socket.destroy()); // once the client has read it
    },
    gone: ({ session }) => connections.get(session).socket.destroy(),
};

/* An event in one DATA frame, or each byte in its own. */
function write(stream, text, style) {
    const bytes = Buffer.from(text);
    const step = style === 'bytes' ? 1 : bytes.length;
    for (let i = 0; i < bytes.length; i += step) {
        stream.write(bytes.subarray(i, i + step));
    }
}

function ticks(stream, query, note) {
    const number = (name, otherwise) => Number(query.get(name) ?? otherwise);
    const count = number('n', 10);
    const cut = number('cut', -1);
    let next = Number(note.last ?? 0) + 1;
    let sent = 0;
    note.sent = [];
    stream.respond({ ':status': 200, 'content-type': 'text/event-stream' });
    if (query.has('retry')) {
        stream.write(`retry: ${query.get('retry')}\n\n`);
    }
    const timer = setInterval(() => {
        if (sent === cut) {
            clearInterval(timer);
            CUTS[query.get('how')](stream);
        } else if (next > count) {
            clearInterval(timer);
            stream.end();
        } else {
            if (next === number('skip', -1)) {
                next += 1;
            }
            const times = next === number('twice', -1) ? 2 : 1;
            for (let i = 0; i < times; i += 1) {
                note.sent.push([next, performance.now() / 1000]);
                write(stream, tick(next), query.get('style'));
            }
            if (sent === 0 && query.get('how') === 'leave') {
                stream.session.close();
            }
            next += 1;
            sent += 1;
        }
    }, 1000 / number('hz', 50));
    stream.on('close', () => clearInterval(timer));
}

function answer(stream, status, value) {
    stream.respond({ ':status': status, 'content-type': 'application/json' });
    stream.end(JSON.stringify(value));
}

const ROUTES = {
    '/ticks': ticks,
    '/token': (stream, query, note) => {
        tokens += 1;
        note.token = `t-${tokens}-"€`;
        answer(stream, 200, { list: [{ token: note.token }] });
    },
    '/use': (stream, query, note) => {
        note.token = query.get('t');
        answer(stream, 200, { ok: true });
    },
    '/slow': (stream, query) => {
        const timer = setTimeout(() => answer(stream, 200, {}), Number(query.get('ms')));
        stream.on('close', () => clearTimeout(timer));
    },
    '/fail': (stream) => answer(stream, 500, {}),
};

let newest;
server.prependListener('connection', (socket) => {
    newest = socket; // its session is made right after, by the server's own listener
});
server.on('session', (session) => {
    connections.set(session, { number: connections.size, socket: newest });
    session.on('error', () => {});
});

server.on('stream', (stream, headers) => {
    const url = new URL(headers[':path'], 'http://here');
    const note = { path: url.pathname, last: headers['last-event-id'] ?? null };
    note.accept = headers.accept;
    note.connection = connections.get(stream.session).number;
    tally.push(note);
    stream.on('error', () => {});
    stream.on('close', () => {
        note.code = stream.rstCode;
    });
    (ROUTES[url.pathname] ?? ROUTES['/fail'])(stream, url.searchParams, note);
});

server.on('sessionError', () => {});
server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`));

process.stdin.resume();
process.stdin.on('end', () => process.stdout.write(JSON.stringify(tally), () => process.exit(0)));
