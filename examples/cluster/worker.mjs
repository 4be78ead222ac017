// One process of the chat, started by main.mjs: its members, and their rooms.
//
// A member gets JSON: { welcome, process, here }, then { from, text } of all in its room, itself too,
// { joined } and { left }, { skipped: 5 } when it read too slowly, { lost } when its own message may have
// reached nobody, and { bus: 'away' } or { bus: 'back' }. It sends text; `/who` asks who is there.
import { randomUUID } from 'node:crypto';
import { Stream, WebSocket } from 'ws4wasm';
import { createServer } from 'ws4wasm/node';
import { Bus } from './bus.mjs';
import { Presence } from './presence.mjs';
import { LEAVING, PRESENCE } from './times.mjs';

/** Bytes that wait for a member to read them: what is said meanwhile, it does not get. */
const MOST_BUFFERED = 256 * 1024;

/** Messages in a row that a member does not get before it is closed. */
const MOST_SKIPPED = 1000;

/** Frames for any number of members; a stream of theirs may be closed. */
const framer = new Stream();

/** A room is a Redis channel of which it is known when all that is said there arrives. */
class Room {
  /** @type {Set<Member>} */
  members = new Set();

  /** @param {string} name */
  constructor(name) {
    this.name = name;
    this.listening = bus.listen(name, (text) => this.#heard(text));
  }

  /** @param {string} text */
  #heard(text) {
    const frame = framer.prepare(text);
    for (const member of this.members) member.hear(frame);
  }
}

/** With members in this process. @type {Map<string, Room>} */
const rooms = new Map();

/** @param {string} name */
function roomOf(name) {
  const room = rooms.get(name) ?? new Room(name);
  rooms.set(name, room);
  return room;
}

/** @param {string} url as requests have it: /lobby?name=ann */
function asked(url) {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const room = pathname.slice(1);
  const name = searchParams.get('name') ?? '';
  return [room, name].every((one) => /^[\w-]{1,32}$/.test(one)) ? { room, name } : undefined;
}

const nameOf = (/** @type {string} */ entry) => entry.split('/')[0];

class Member extends WebSocket {
  #entered = Promise.resolve();
  #skipped = 0;
  #asked = asked(this.environ.url) ?? { room: '', name: '' };
  name = this.#asked.name;
  /** In the list of those who are there, where a name may be twice. */
  entry = `${this.name}/${randomUUID()}`;
  room = roomOf(this.#asked.room);

  opened() {
    this.room.members.add(this);
    this.#entered = this.#enter();
  }

  /** As long as Redis is away this waits, and so does what the member says. */
  async #enter() {
    await this.room.listening;
    try {
      await presence.enter(this.room.name, this.entry);
      await bus.say(this.room.name, { joined: this.name });
      this.tell({ welcome: this.name, process: process.pid, here: await this.#here() });
    } catch {
      // Redis went away in between. Presence is renewed when it is back.
      this.tell({ welcome: this.name, process: process.pid });
    }
  }

  async #here() {
    const entries = await presence.here(this.room.name);
    return [...new Set(entries.map(nameOf))].sort();
  }

  /**
   * The next message is read when Redis has this one: nobody can say more than it takes.
   * @param {import('ws4wasm').TextMessage | import('ws4wasm').BinaryMessage} message
   */
  async receivedMessage(message) {
    if (!message.isText) return this.close(1003, 'text only');
    await this.#entered;
    const text = message.data;
    try {
      if (text === '/who') this.tell({ here: await this.#here() });
      else await bus.say(this.room.name, { from: this.name, text });
    } catch {
      this.tell({ lost: text });
    }
  }

  /** @param {object} what */
  tell(what) {
    if (this.readyState === WebSocket.OPEN) void this.send(JSON.stringify(what));
  }

  /**
   * A slow member holds up nobody: it does not get everything, and in the end nothing.
   * @param {Uint8Array<ArrayBuffer>} frame of `prepare`
   */
  hear(frame) {
    if (this.readyState !== WebSocket.OPEN) return;
    if (this.bufferedAmount > MOST_BUFFERED) {
      this.#skipped++;
      if (this.#skipped > MOST_SKIPPED) this.close(1013, 'too slow');
      return;
    }
    if (this.#skipped) this.tell({ skipped: this.#skipped });
    this.#skipped = 0;
    void this.send(frame);
  }

  closed() {
    const { room } = this;
    room.members.delete(this);
    if (room.members.size === 0) {
      rooms.delete(room.name);
      void bus.ignore(room.name);
    }
    const parting = this.#part();
    partings.add(parting);
    void parting.then(() => partings.delete(parting));
  }

  async #part() {
    await this.#entered;
    try {
      await presence.leave(this.room.name, this.entry);
      await bus.say(this.room.name, { left: this.name });
    } catch {
      // Nobody renews it.
    }
  }
}

/** What Redis is still to hear of those who are gone. @type {Set<Promise<void>>} */
const partings = new Set();

const bus = new Bus(process.env.REDIS ?? 'redis://127.0.0.1:6379');
const presence = new Presence(bus.redis, PRESENCE, (room, entry) => {
  bus.say(room, { left: nameOf(entry) }).catch(() => {});
});

const server = createServer({
  WebSocket: Member,
  verify: ({ url }) => asked(url) !== undefined || { status: 400, body: '/ROOM?name=NAME\n' },
  health: '/healthz',
  pingInterval: 30_000,
  closeTimeout: LEAVING.drop,
  maxMessageSize: 4096,
  messageRate: 500,
});

for (const state of ['away', 'back']) {
  bus.on(state, () => {
    for (const member of server.connections) member.tell({ bus: state });
    if (state === 'back') void presence.renew();
  });
}

/** @param {number} code */
async function leave(code) {
  // First of all no more are handed to this process: drain would refuse them.
  server.close();
  await server.drain({ code, spread: LEAVING.spread, timeout: LEAVING.drop });
  if (bus.redis.isReady) await Promise.all(partings);
  process.exit();
}
process.on('message', (/** @type {{ leave: number }} */ message) => leave(message.leave));
process.on('SIGTERM', () => leave(1012));
// Terminals send these to all processes; main.mjs decides.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {});
// Without main.mjs nobody would ever end it.
process.on('disconnect', () => process.exit());

await bus.connect();
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1');
