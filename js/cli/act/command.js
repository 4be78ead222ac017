// `ws4wasm act ADDRESS`: acts on the connections of a proxy that runs elsewhere, as its page does.
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { connect } from '../../node.js';
import { Failure, UsageError } from '../base/failure.js';
import { jsonLine } from '../base/printable.js';
import { explained } from '../connect/errors.js';
import { CONTROL_PATH, CONTROL_SETTINGS } from './control.js';

export const help = `Usage: ws4wasm act ADDRESS [COMMAND [JSON]]

Acts on what passes through ws4wasm inspect: sends frames into a connection, holds messages,
edits, releases, drops them. ADDRESS is that of the page, with its token, as inspect prints it.

Commands: list, send, judge, hold, unhold, release, drop, cut, rules, hostile; docs/cli.md has
what each takes. The answer is a line of JSON. hold goes on until Ctrl-C, since messages are
held as long as somebody is there, and prints what is held.

Without COMMAND every line of the input is one, { "do": "send", … }, and answers and events
are printed as lines of JSON, until the input ends.

Exit codes: 0 done, 1 no connection, 2 wrong usage, 3 the proxy said what is wrong.

Examples:
  ws4wasm act 'http://127.0.0.1:4000/?token=abc' list
  ws4wasm act "$PAGE" send '{"connection":1,"to":"server","frames":[{"text":"hello"}]}'
  ws4wasm act "$PAGE" judge '{"connection":1,"to":"server","frames":[{"text":"é","take":1}]}'
  ws4wasm act "$PAGE" hold '{"filter":"op:text","from":"client"}'
`;

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
export async function run(args) {
  const { positionals } = parseArgs({ args, options: {}, allowPositionals: true });
  const [address, command, json, more] = positionals;
  if (address === undefined) {
    throw new UsageError('Which proxy? Give the address of the page that inspect has printed.');
  }
  if (more !== undefined)
    throw new UsageError('What comes behind the command is one JSON object.');
  const { url, token } = addressOf(address);
  const asked = json === undefined ? {} : objectOf(json);
  const ws = await connect(url, {
    ...CONTROL_SETTINGS,
    headers: { Authorization: `Bearer ${token}` },
  }).catch((error) => {
    throw explained(error, url);
  });
  let code = 0;
  const over = new Promise((resolve) => ws.addEventListener('close', resolve));
  let answered = () => {};
  ws.addEventListener('message', ({ data }) => {
    const { id, ...message } = JSON.parse(String(data));
    console.log(jsonLine(message));
    if (id === undefined) return;
    if (message.error !== undefined) code = 3;
    answered();
  });
  process.once('SIGINT', () => ws.close());
  process.once('SIGTERM', () => ws.close());
  const ask = (/** @type {object} */ what) =>
    Promise.race([
      over,
      new Promise((resolve) => {
        answered = () => resolve(undefined);
        ws.send(JSON.stringify({ ...what, id: 1 })).catch(() => {});
      }),
    ]);
  if (command === undefined) {
    const lines = createInterface({ input: process.stdin });
    over.then(() => {
      lines.close();
      process.stdin.destroy();
    });
    for await (const line of lines) if (line.trim()) await ask(objectOf(line));
  } else {
    await ask({ ...asked, do: command });
    if (command === 'hold' && code === 0) await over;
  }
  ws.close();
  await over;
  return code;
}

/** @param {string} text */
function addressOf(text) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const token = url?.searchParams.get('token');
  if (url?.protocol !== 'http:' || !token) {
    throw new UsageError(
      'The address must be the whole one that inspect has printed: http://127.0.0.1:4000/?token=…',
    );
  }
  return { url: `ws://${url.host}${CONTROL_PATH}`, token };
}

/** @param {string} text @returns {object} */
function objectOf(text) {
  let why = 'it is no object';
  try {
    const value = JSON.parse(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value;
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  }
  throw new Failure(`That is no command in JSON: ${why}.`, { code: 2 });
}
