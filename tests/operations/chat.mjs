// examples/cluster as its users run it: its processes, a Redis that can be stopped, and members.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'ws4wasm/node';
import { root } from '../../scripts/lib.mjs';
import { freePort } from '../../scripts/tools/serve.mjs';
import { until } from '../support/connections.mjs';

/** @typedef {import('node:test').TestContext} TestContext */

/** A Redis that keeps nothing, at a port that stays its own. */
export class Redis {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #process;

  /** @param {string} program @param {number} port */
  constructor(program, port) {
    this.program = program;
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
  }

  /** @param {TestContext} t @param {string} program */
  static async start(t, program) {
    const redis = new Redis(program, await freePort());
    t.after(() => redis.stop());
    await redis.start();
    return redis;
  }

  async start() {
    const options = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--save', ''];
    const child = spawn(this.program, options, { stdio: 'ignore' });
    this.#process = child;
    while (!(await answers(this.port))) {
      assert.equal(child.exitCode, null, 'redis-server has ended');
      await pause(20);
    }
  }

  /** @param {NodeJS.Signals} signal */
  signal(signal) {
    this.#process?.kill(signal);
  }

  async stop() {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

/** @param {number} port */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connectSocket(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

/**
 * Starts the example with two processes.
 * @param {TestContext} t
 * @param {NodeJS.ProcessEnv} [env]
 */
export async function startChat(t, env) {
  const child = spawn(process.execPath, [join(root, 'examples/cluster/main.mjs')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PORT: '0', PROCESSES: '2', ...env },
  });
  const ended = once(child, 'exit');
  const said = { errors: '' };
  child.stderr.on('data', (bytes) => {
    said.errors += bytes;
  });
  t.after(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), ended]);
  const [url] = /ws:.*\d+\//.exec(String(line)) ?? [];
  assert.ok(url, `${line} ${said.errors}`);
  return { child, url, ended, said };
}

/** One in the chat, and all that it hears. */
export class Member {
  /** @type {any[]} */
  heard = [];
  /** Of the texts among it. */
  count = 0;

  /** @param {import('ws4wasm').WebSocket} ws @param {string} name */
  constructor(ws, name) {
    this.ws = ws;
    this.name = name;
    ws.addEventListener('message', ({ data }) => {
      const what = JSON.parse(String(data));
      this.heard.push(what);
      if (what.from) this.count++;
    });
  }

  /** @param {string} url @param {string} name */
  static async join(url, name, room = 'lobby') {
    const member = new Member(await connect(`${url}${room}?name=${name}`), name);
    await until(() => member.welcome || member.ws.closeCode);
    return member;
  }

  get welcome() {
    return this.heard.find(({ welcome }) => welcome !== undefined);
  }

  get process() {
    return this.welcome?.process;
  }

  /** The texts that it heard, of one or all. @param {string} [of] */
  texts(of) {
    return this.heard
      .filter(({ from }) => from && from === (of ?? from))
      .map(({ text }) => text);
  }

  /** @param {string} text */
  say(text) {
    return this.ws.send(text);
  }

  /** Waits for something that it is told. @param {object} what */
  async told(what) {
    const wanted = Object.entries(what);
    /** @param {any} one */
    const is = (one) => wanted.every(([key, value]) => String(one[key]) === String(value));
    await until(() => this.heard.some(is));
  }

  async who() {
    const before = this.heard.length;
    await this.say('/who');
    let answer;
    await until(() => {
      answer = this.heard.slice(before).find(({ here, welcome }) => here && !welcome);
      return answer;
    });
    return /** @type {any} */ (answer).here;
  }

  async leave() {
    this.ws.close();
    await this.ws.run();
  }
}

/**
 * Members by turns, until each process has some.
 * @param {string} url
 * @param {string} names what their names begin with
 * @param {number} each of a process at least
 */
export async function fill(url, names, each) {
  /** @type {Member[]} */
  const members = [];
  const in_ = (/** @type {number} */ pid) => members.filter((one) => one.process === pid);
  for (;;) {
    members.push(await Member.join(url, `${names}${members.length}`));
    const pids = [...new Set(members.map(({ process }) => process))];
    if (pids.length === 2 && pids.every((pid) => in_(pid).length >= each)) return members;
  }
}
