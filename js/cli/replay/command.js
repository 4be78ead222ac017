// `ws4wasm replay FILE --to URL`: sends again what a captured client sent, and compares what comes.
import { parseArgs } from 'node:util';
import { withoutSecrets } from '../../base/secrets.js';
import { InputError, Inspection } from '../../inspect/node.js';
import { connect } from '../../node/client.js';
import { Failure, UsageError } from '../base/failure.js';
import { header, number, trust, url as urlOf } from '../base/options.js';
import { painter } from '../base/painter.js';
import { jsonLine } from '../base/printable.js';
import { explained } from '../connect/errors.js';
import { chunks } from '../dump/input.js';
import { KeyFile } from '../dump/key-file.js';
import { filterProblem, treat } from '../dump/options.js';
import { many } from '../dump/words.js';
import { compare, Ignored } from './compare.js';
import { leave, play, playerOf } from './player.js';
import { choose, scriptOf } from './script.js';
import { Variables } from './variables.js';

export const help = `Usage: ws4wasm replay [options] FILE --to URL

Sends to a server what a client sent in a capture, in its time, and compares the answers with
those in the capture. FILE is anything that dump reads: pcap, pcapng, HAR, a net-log of
Chromium, flows of mitmproxy, what inspect saved; - for stdin.

      --to URL          the server; where it names no path, the captured path is asked for
  -c, --connection N    which connection of FILE, when there are several; a list says which
      --side SIDE       whose messages are sent: client, or server (default: client)
  -f, --filter FILTER   sends only the messages that a filter of the inspector lets through
      --speed N         N times as fast; max for as fast as it goes (default: 1)
      --in-turn         each message waits for as many answers as had come before it
      --frames          sends the frames as they were, bit for bit, wrong ones too
  -w, --wait SECONDS    for answers that do not come (default: 5)
      --set NAME=VALUE  {{NAME}} in what is sent and expected, in the URL and headers is VALUE
      --was NAME=TEXT   what the capture has of NAME: it is replaced, too
      --take NAME=/RE/  NAME is what a regular expression (its first group) finds in an answer:
                        once in the capture's answers, once in the server's
      --ignore WHAT     is not compared: a JSON path ($.time, $..id), or a /regular expression/
      --any-order       the answers may come in any order
      --expect WHAT     same: the same answers, and the same close where the server closed
                        (default); count: as many answers; any: only a connection; a number:
                        that the server closes with this code
  -H, --header 'NAME: VALUE'   adds a header; may be repeated
      --with-headers    sends the captured headers, too, cookies and tokens among them
      --as port=N       as for dump: takes connections of this port for WebSocket
      --keylog FILE     opens TLS in FILE with these keys
      --ca FILE         trusts the certificates in FILE (PEM)
      --insecure        trusts any certificate
      --timeout SECONDS for the connection and the handshake (default: 10)
      --json            a line of JSON for each difference, and one for the result

--set, --was, --take and --ignore may be repeated. Messages go out in one frame each, under a
mask of their own, compressed where the capture was and the server agrees.

Exit codes: 0 as expected, 1 no connection, or FILE cannot be read, 2 wrong usage, 3 not as
expected.

Examples:
  ws4wasm replay session.pcapng --to ws://127.0.0.1:8080
  ws4wasm replay session.har --to wss://staging.example.com -c 3 --speed max --in-turn
  ws4wasm replay session.pcapng --to ws://127.0.0.1:8080 --was user=ada --set user=bob
  ws4wasm replay login.pcapng --to ws://127.0.0.1:8080 --take 'id=/"id":"(\\w+)"/'
  ws4wasm replay bad-frames.pcapng --to ws://127.0.0.1:8080 --frames --expect 1002
`;

const options = /** @type {const} */ ({
  to: { type: 'string' },
  connection: { type: 'string', short: 'c' },
  side: { type: 'string', default: 'client' },
  filter: { type: 'string', short: 'f', default: '' },
  speed: { type: 'string', default: '1' },
  'in-turn': { type: 'boolean', default: false },
  frames: { type: 'boolean', default: false },
  wait: { type: 'string', short: 'w' },
  set: { type: 'string', multiple: true },
  was: { type: 'string', multiple: true },
  take: { type: 'string', multiple: true },
  ignore: { type: 'string', multiple: true },
  'any-order': { type: 'boolean', default: false },
  expect: { type: 'string', default: 'same' },
  header: { type: 'string', short: 'H', multiple: true },
  'with-headers': { type: 'boolean', default: false },
  as: { type: 'string', multiple: true },
  keylog: { type: 'string' },
  ca: { type: 'string' },
  insecure: { type: 'boolean', default: false },
  timeout: { type: 'string' },
  json: { type: 'boolean', default: false },
});

const DAY = 86_400;
/** In seconds. */
const WAIT = 5;

/** Header fields that a handshake makes by itself. */
const OWN = /^(host|upgrade|connection|content-length|transfer-encoding|sec-websocket-.*)$/i;

/** @typedef {import('./script.js').Script} Script */

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
export async function run(args) {
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  if (positionals.length !== 1) {
    throw new UsageError(
      positionals.length
        ? `One file is expected, not ${positionals.length}.`
        : 'What to send? Give a capture: a file, or - for stdin.',
    );
  }
  const [file] = positionals;
  const variables = new Variables(values);
  if (values.to === undefined) {
    throw new UsageError('Where to send it? Give --to URL, for example ws://127.0.0.1:8080.');
  }
  const side = oneOf(values.side, '--side', ['client', 'server']) === 'client' ? 'c2s' : 's2c';
  const speed = speedOf(values.speed);
  const expect = expectOf(values.expect);
  const ignored = new Ignored(values.ignore ?? []);
  const headers = (values.header ?? []).map(header);
  const wait = (number(values.wait, '--wait', 0, DAY) ?? WAIT) * 1000;
  const chosen = number(values.connection, '--connection', 0, 2 ** 32);
  const settings = {
    tls: trust(values),
    handshakeTimeout: (number(values.timeout, '--timeout', 0.1, DAY) ?? 10) * 1000,
  };

  const inspection = await read(file, values);
  const problem = inspection.checkFilter(values.filter);
  if (problem) throw filterProblem(values.filter, problem);
  const about = choose(inspection, chosen);
  const { frames, filter } = values;
  const script = scriptOf(inspection, about, { side, frames, filter });
  if (script.steps.length === 0) throw new Failure('There is nothing in it to send.');
  /** @type {import('../../inspect/index.js').HttpField[]} */
  const captured = inspection.handshake(about.connection)?.request?.headers ?? [];
  inspection.free();
  for (const { type, data } of script.answers) {
    if (type === 'text') variables.learnThen(`${data}`);
  }
  checkNames(script, variables, values.to);

  const own = captured.filter(({ name }) => values['with-headers'] && !OWN.test(name));
  /** @type {[string, string][]} */
  const fields = [...own.map(fieldOf), ...headers];
  const url = addressOf(variables.fill(values.to), about.url && variables.fill(about.url));
  const log = values.json ? () => {} : (/** @type {string} */ line) => console.error(line);
  const { plain, dim } = painter(process.stderr);
  for (const line of script.skipped) log(plain(line));
  const ws = await connect(url, {
    ...settings,
    headers: fields.map(
      ([name, value]) => /** @type {[string, string]} */ ([name, variables.fill(value)]),
    ),
    protocols: protocolsOf(captured),
    deflate: deflateOf(about, frames),
    autoPong: !frames,
    deliverWhileClosing: true,
    WebSocket: playerOf(variables),
  }).catch((error) => {
    const usage = error instanceof RangeError || error instanceof TypeError;
    throw usage ? new UsageError(error.message) : explained(error, url);
  });
  if (frames && about.deflate && !ws.stream.deflate) {
    ws.closeConnection();
    throw new Failure(
      'The server takes no compression, and the captured frames have it: leave --frames out.',
    );
  }
  log(dim(`Connected to ${plain(withoutSecrets(url))}`));
  const sent = await play(ws, script, { speed, inTurn: values['in-turn'], wait, variables });
  const closedEarly = ws.ended;
  if (!ws.ended) await leave(ws);

  const expected = script.answers.map(({ type, data }) =>
    type === 'text' ? { type, data: variables.fill(`${data}`) } : { type, data },
  );
  const found = compare(expected, ws.answers, { ignored, anyOrder: values['any-order'] });
  const result = {
    sent,
    steps: script.steps.length,
    expected: expected.length,
    answers: ws.answers.length,
    same: found.same,
    // Where we have closed, its code says nothing about the server.
    closed: closedEarly,
    closedWith: script.closedWith,
  };
  const whole = whyNot(result, expect, found.differences.length);
  (values.json ? tellJson : tell)(found.differences, result, whole);
  return whole === undefined ? 0 : 3;
}

/**
 * @param {string} file
 * @param {{ as?: string[] | undefined, keylog?: string | undefined }} values
 */
async function read(file, { as = [], keylog }) {
  const inspection = new Inspection({ treat: as.map(treat) });
  if (keylog !== undefined) new KeyFile(keylog).takeInto(inspection, true);
  const signal = new AbortController().signal;
  try {
    for await (const chunk of chunks(file, { follow: false, signal })) inspection.push(chunk);
    inspection.finish();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new Failure(`${file}: ${error.message}`);
  }
  return inspection;
}

/**
 * Nothing is sent with a name in it that was forgotten.
 * @param {Script} script
 * @param {Variables} variables
 * @param {string} to
 */
function checkNames({ steps }, variables, to) {
  const texts = [
    to,
    ...steps.flatMap(({ type, data }) => (type === 'text' ? [`${data}`] : [])),
  ];
  const names = [...new Set(texts.flatMap((text) => variables.unknown(text)))];
  if (names.length === 0) return;
  throw new UsageError(
    `{{${names[0]}}} has no value: give --set ${names[0]}=…, or --take ${names[0]}=/…/.`,
  );
}

/**
 * @param {string} to
 * @param {string | undefined} captured
 */
function addressOf(to, captured) {
  const url = urlOf(to);
  if (!url || !['ws:', 'wss:'].includes(url.protocol)) {
    throw new UsageError(
      `--to is ${JSON.stringify(withoutSecrets(to))}; write it like ws://127.0.0.1:8080/path or wss://example.com`,
    );
  }
  const bare = !/[/?#]/.test(to.replace(/^[a-z][a-z0-9+.-]*:\/\//i, ''));
  if (bare && captured && URL.canParse(captured)) {
    const { pathname, search } = new URL(captured);
    return url.origin === 'null'
      ? `${url.protocol}//${url.host}${pathname}${search}`
      : `${url.origin}${pathname}${search}`;
  }
  return url.href;
}

/**
 * @param {import('../../inspect/index.js').HttpField} field
 * @returns {[string, string]}
 */
const fieldOf = ({ name, value }) => [name, value];

/** @param {import('../../inspect/index.js').HttpField[]} fields */
function protocolsOf(fields) {
  return fields
    .filter(({ name }) => /^sec-websocket-protocol$/i.test(name))
    .flatMap(({ value }) => value.split(',').map((one) => one.trim()));
}

/**
 * @param {import('../../inspect/index.js').Connection} about
 * @param {boolean} frames what is sent is compressed already, within these bounds
 */
function deflateOf({ deflate }, frames) {
  if (!deflate) return false;
  if (!frames) return true;
  const { guessed, ...agreed } = deflate;
  return agreed;
}

/** @param {string} text */
function speedOf(text) {
  if (text === 'max') return Infinity;
  return number(text, '--speed', 0.001, 1e6) ?? 1;
}

/** @param {string} text */
function expectOf(text) {
  if (/^\d{4}$/.test(text)) return Number(text);
  return oneOf(text, '--expect', ['same', 'count', 'any'], ' or a close code');
}

/**
 * @template {string} T
 * @param {string} text
 * @param {string} option
 * @param {T[]} words
 * @param {string} [more]
 */
function oneOf(text, option, words, more = '') {
  const found = words.find((word) => word === text);
  if (found) return found;
  throw new UsageError(
    `${option} is ${JSON.stringify(text)}; it must be ${words.join(', ')}${more}.`,
  );
}

/**
 * @typedef {object} Result
 * @property {number} sent
 * @property {number} steps
 * @property {number} expected
 * @property {number} answers
 * @property {number} same
 * @property {{ code: number, reason: string } | undefined} closed by the server
 * @property {number | undefined} closedWith in the capture
 */

/**
 * Why it is not as expected; undefined when it is.
 * @param {Result} result
 * @param {'same' | 'count' | 'any' | number} expect
 * @param {number} differences
 */
function whyNot({ sent, steps, expected, answers, closed, closedWith }, expect, differences) {
  if (expect === 'any') return undefined;
  if (typeof expect === 'number') {
    if (closed?.code === expect) return undefined;
    return closed
      ? `The server closed with ${closed.code}, not with ${expect}.`
      : `The server did not close; expected was ${expect}.`;
  }
  if (closed && sent < steps) {
    const { code, reason } = closed;
    return `The server closed with ${code}${reason ? ` (${reason})` : ''} after ${sent} of ${steps} messages.`;
  }
  if (expect === 'count') {
    return answers === expected
      ? undefined
      : `${many(answers, 'answer')} came, not ${expected}.`;
  }
  if (differences) return `${many(differences, 'difference')}.`;
  if (closedWith !== undefined && closed?.code !== closedWith) {
    return closed
      ? `The server closed with ${closed.code}, in the capture with ${closedWith}.`
      : `The server did not close; in the capture it did, with ${closedWith}.`;
  }
  return undefined;
}

/** What each kind of difference is called: by the sign of a patch. */
const SIGNS = { changed: '~', missing: '-', new: '+' };

/**
 * @param {import('./compare.js').Difference[]} differences
 * @param {Result} result
 * @param {string | undefined} whole
 */
function tell(differences, { sent, steps, expected, answers, same, closed }, whole) {
  const { plain, red, green, dim, yellow } = painter(process.stdout);
  for (const { kind, expected, actual, details } of differences) {
    const paint = kind === 'changed' ? yellow : kind === 'missing' ? red : green;
    const what = {
      changed: `answer ${Number(actual) + 1} differs from the captured ${Number(expected) + 1}`,
      missing: `the captured answer ${Number(expected) + 1} did not come`,
      new: `answer ${Number(actual) + 1} is not in the capture`,
    }[kind];
    console.log(paint(`${SIGNS[kind]} ${what}`));
    for (const line of details) console.log(`    ${plain(line)}`);
  }
  const ended = closed
    ? `; closed with ${closed.code}${closed.reason ? ` ${closed.reason}` : ''}`
    : '';
  console.log(
    dim(
      `${sent} of ${steps} sent, ${many(answers, 'answer')}, ${same} of ${expected} as captured${ended}`,
    ),
  );
  console.log(whole === undefined ? green('As expected.') : red(`Not as expected: ${whole}`));
}

/**
 * @param {import('./compare.js').Difference[]} differences
 * @param {Result} result
 * @param {string | undefined} whole
 */
function tellJson(differences, result, whole) {
  for (const difference of differences) console.log(jsonLine(difference));
  console.log(
    jsonLine({ kind: 'result', ...result, asExpected: whole === undefined, why: whole }),
  );
}
