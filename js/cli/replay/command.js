// `ws4wasm replay FILE --to URL`: sends again what a captured client sent, and compares what comes.
import { parseArgs } from 'node:util';
import { withoutSecrets } from '../../base/secrets.js';
import { InputError, Inspection } from '../../inspect/node.js';
import { Failure, UsageError } from '../base/failure.js';
import { trust } from '../base/options.js';
import { painter } from '../base/painter.js';
import { jsonLine } from '../base/printable.js';
import { chunks } from '../dump/input.js';
import { KeyFile } from '../dump/key-file.js';
import { treat } from '../dump/options.js';
import { many } from '../dump/words.js';
import { planOf, replay } from './replay.js';
import { settingsOf } from './settings.js';

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
  const settings = settingsOf(values);
  const tls = trust(values);
  const inspection = await read(positionals[0], values);
  const plan = planOf(inspection, settings);
  inspection.free();
  const log = values.json ? () => {} : (/** @type {string} */ line) => console.error(line);
  const { plain, dim } = painter(process.stderr);
  for (const line of plan.script.skipped) log(plain(line));
  const { differences, result, why } = await replay(plan, settings, {
    options: { tls },
    opened: (url) => log(dim(`Connected to ${plain(withoutSecrets(url))}`)),
  });
  (values.json ? tellJson : tell)(differences, result, why);
  return why === undefined ? 0 : 3;
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

/** What each kind of difference is called: by the sign of a patch. */
const SIGNS = { changed: '~', missing: '-', new: '+' };

/**
 * @param {import('./compare.js').Difference[]} differences
 * @param {import('./replay.js').Result} result
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
 * @param {import('./replay.js').Result} result
 * @param {string | undefined} whole
 */
function tellJson(differences, result, whole) {
  for (const difference of differences) console.log(jsonLine(difference));
  console.log(
    jsonLine({ kind: 'result', ...result, asExpected: whole === undefined, why: whole }),
  );
}
