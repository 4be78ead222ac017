// `ws4wasm dump FILE`: what a capture holds, as text for people or as lines of JSON for programs,
// while it is read.
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { InputError, Inspection, rules } from '../../inspect/node.js';
import { Failure, UsageError } from '../base/failure.js';
import { jsonLine, printable } from '../base/printable.js';
import { encrypted } from './encrypted.js';
import { chunks } from './input.js';
import { KeyFile } from './key-file.js';
import { filterProblem, treat } from './options.js';
import { ROWS, Rows } from './rows.js';
import { explanations, summary } from './words.js';
import { jsonWriter, textWriter } from './writers.js';

export const help = `Usage: ws4wasm dump [options] [FILE]

Shows the WebSocket frames in a capture, and everything that is wrong with them, while it is
read. FILE is pcap or pcapng, a net-log of Chromium, HAR, flows of mitmproxy, each gzipped or
not, the raw bytes of one side, or text that spells bytes or packets in hex or base64; without
FILE, or with -, it is read from stdin.

  -f, --filter FILTER   only the frames that a filter of the inspector lets through
  -m, --messages        whole messages instead of frames
      --follow          waits for more at the end of FILE, until Ctrl-C
      --as port=N       takes connections of this port for WebSocket, whatever they look like;
                        port=N:other for anything but that; connection=N for one of them
      --keylog FILE     opens TLS with the keys in FILE, as SSLKEYLOGFILE has programs write it,
                        and with those that come to it meanwhile
      --json            a line of JSON for each frame, violation and connection
      --payload KIND    hex, base64 or text: whole payloads (in JSON: how they are written)
      --export FORMAT   har, pcapng, json or keylog: that file, on stdout, and nothing else
      --with-secrets    with passwords, cookies and tokens, which --export hides else
      --with-keys       with --export pcapng: the packets as they are in FILE, still encrypted,
                        and the keys that open them
      --violations      only what is wrong
      --rules           lists the rules that are checked, and ends

Exit codes: 0 nothing is wrong, 1 the file cannot be read to its end, 2 wrong usage, 3 a peer
broke a rule.

Examples:
  ws4wasm dump session.pcapng
  ws4wasm dump --violations session.pcapng
  ws4wasm dump --json --filter op:text session.pcapng | jq .payload
  tcpdump -U -w - port 8080 | ws4wasm dump
  tcpdump -U -w - port 443 | ws4wasm dump --keylog keys.log
  ws4wasm dump --follow growing.pcap
  echo '818bbe04e66ad6618a06d1249105cc6882' | ws4wasm dump
`;

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
export async function run(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      filter: { type: 'string', short: 'f', default: '' },
      messages: { type: 'boolean', short: 'm', default: false },
      follow: { type: 'boolean', default: false },
      keylog: { type: 'string' },
      as: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      payload: { type: 'string' },
      export: { type: 'string' },
      'with-secrets': { type: 'boolean', default: false },
      'with-keys': { type: 'boolean', default: false },
      violations: { type: 'boolean', default: false },
      rules: { type: 'boolean', default: false },
    },
  });
  if (values.rules) return listRules(values.json);
  if (positionals.length > 1) {
    throw new UsageError(`One file is expected, not ${positionals.length}.`);
  }
  const format = word(values.export, '--export', ['har', 'pcapng', 'json', 'keylog']);
  const secrets = values['with-secrets'];
  if (secrets && format !== 'har' && format !== 'pcapng') {
    throw new UsageError('--with-secrets belongs to --export har or --export pcapng.');
  }
  const withKeys = values['with-keys'];
  if (withKeys && format !== 'pcapng') {
    throw new UsageError('--with-keys belongs to --export pcapng.');
  }
  const encoding = word(values.payload, '--payload', ['hex', 'base64', 'text']);
  const inspection = new Inspection({ treat: values.as.map(treat) });
  const problem = inspection.checkFilter(values.filter);
  if (problem) throw filterProblem(values.filter, problem);

  const file = positionals[0] ?? '-';
  const { follow, filter, messages, json } = values;
  const live = follow || file === '-';
  // A program writes its key log from its first connection on, which may still be to come.
  const keys =
    values.keylog === undefined ? undefined : new KeyFile(values.keylog, { awaited: live });
  keys?.takeInto(inspection, true);
  const kind = messages ? 'messages' : 'frames';
  const rows = new Rows(inspection, { kind, filter, live });
  const write = (json ? jsonWriter : textWriter)(inspection, encoding);
  let violations = 0;
  const judge = async () => {
    for (const violation of violationsFrom(inspection, violations)) {
      violations++;
      await say(write.violation(violation));
    }
  };
  const show = async (/** @type {boolean} */ end) => {
    if (format) return;
    if (values.violations) await judge();
    else for (const row of rows.fresh(end)) await say(write.row(row));
  };
  /** The file itself, where it is asked for. @type {Uint8Array[]} */
  const packets = [];
  const keep = (/** @type {Uint8Array} */ chunk) => {
    if (withKeys) packets.push(chunk);
    keys?.takeInto(inspection);
  };
  const cut = await read(inspection, { file, follow, keep }, show);
  keys?.takeInto(inspection, true);
  await show(true);

  if (format) {
    rows.view.update();
    const chosen = filter === '' ? undefined : rows.view;
    await say(
      withKeys
        ? encrypted(Buffer.concat(packets), inspection.export('keylog', chosen))
        : inspection.export(format, chosen, { secrets }),
    );
  } else {
    await judge();
    if (!values.violations) {
      for (const about of inspection.connections()) await say(write.connection(about));
    }
  }
  const { totals } = inspection;
  if (!json && !format) console.error(printable(summary(totals)));
  for (const note of totals.notes) console.error(printable(note));
  if (keys?.missing) console.error(printable(keys.missing));
  if (!json && !format)
    for (const line of explanations(inspection)) console.error(printable(line));
  if (cut) throw new Failure(`${file}: ${cut.message}`);
  return totals.errors ? 3 : 0;
}

/**
 * Reads until the end, or Ctrl-C, and shows what comes. What a cut file has is shown as well.
 * @param {Inspection} inspection
 * @param {{ file: string, follow: boolean, keep: (chunk: Uint8Array) => void }} from
 * @param {(end: boolean) => Promise<void>} show
 * @returns {Promise<InputError | undefined>} why it could not be read to its end
 */
async function read(inspection, { file, follow, keep }, show) {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  // Once: the second Ctrl-C ends the program whatever it does.
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  /** @type {InputError | undefined} */
  let cut;
  try {
    for await (const chunk of chunks(file, { follow, signal: stop.signal })) {
      keep(chunk);
      inspection.push(chunk);
      await show(false);
    }
    inspection.finish();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    // Whoever ends the reading knows that it is not the end.
    if (!stop.signal.aborted) cut = error;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
  return cut;
}

/**
 * @param {Inspection} inspection
 * @param {number} from
 */
function* violationsFrom(inspection, from) {
  for (; ; from += ROWS) {
    const found = inspection.violations({ from, count: ROWS });
    yield* found;
    if (found.length < ROWS) return;
  }
}

/** Waits for a reader that is slow. @param {string | Uint8Array} what a line, or a file */
async function say(what) {
  const written = typeof what === 'string' ? `${what}\n` : what;
  if (!process.stdout.write(written)) await once(process.stdout, 'drain');
}

/**
 * @template {string} T
 * @param {string | undefined} given
 * @param {string} option
 * @param {T[]} words
 * @returns {T | undefined}
 */
function word(given, option, words) {
  const found = words.find((one) => one === given);
  if (given === undefined || found) return found;
  throw new UsageError(
    `${option} is ${JSON.stringify(given)}; it must be ${words.join(', ')}.`,
  );
}

/** @param {boolean} json */
async function listRules(json) {
  for (const rule of rules()) {
    const { severity, rfc, section, summary } = rule;
    await say(
      json
        ? jsonLine(rule)
        : `${rule.rule.padEnd(28)} ${severity.padEnd(8)} ${rfc} ${section.padEnd(8)} ${summary}`,
    );
  }
  return 0;
}
