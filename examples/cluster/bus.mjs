// Redis between the processes: what is said in a room reaches each process that has members there.
//
// Redis hands on what is published to those that are connected, once, and keeps nothing. What is said
// while Redis is away waits here, and its sender is not read meanwhile; what a process missed, it
// missed. Who needs more, keeps messages in a database or in Redis's streams.
import { EventEmitter, once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'redis';

/** Milliseconds: a connection is tried again after a random time of up to this. */
const RETRY = 500;

/** Milliseconds without a byte either way, after which Redis counts as away. */
const SILENCE = 3000;

/** Milliseconds that a command waits for Redis to be back. */
const PATIENCE = 30_000;

/** Commands that wait for Redis; more are refused. */
const MOST_WAITING = 10_000;

const channel = (/** @type {string} */ room) => `chat:${room}`;

/**
 * Emits `away` and `back`: what others said meanwhile was missed.
 */
export class Bus extends EventEmitter {
  #away = true;
  /** Changes of what is listened to are made one after the other. */
  #changes = Promise.resolve();

  /** @param {string} address redis://…, or the path of a Unix socket */
  constructor(address) {
    super();
    // Each member and room may wait for it to be back.
    this.setMaxListeners(0);
    const socket = { socketTimeout: SILENCE, reconnectStrategy: () => Math.random() * RETRY };
    this.redis = createClient({
      ...(address.startsWith('/') ? {} : { url: address }),
      socket: address.startsWith('/') ? { ...socket, path: address } : socket,
      pingInterval: SILENCE / 3,
      commandsQueueMaxLength: MOST_WAITING,
      commandOptions: { timeout: PATIENCE },
    });
    this.redis.on('error', () => {
      if (this.#away) return;
      this.#away = true;
      this.emit('away');
    });
    this.redis.on('ready', () => {
      this.#away = false;
      this.emit('back');
    });
  }

  /** Waits for Redis as long as it takes. */
  connect() {
    return this.redis.connect();
  }

  /** @param {string} room @param {object} message */
  say(room, message) {
    return this.redis.publish(channel(room), JSON.stringify(message));
  }

  /**
   * @param {string} room
   * @param {(text: string) => void} heard gets the JSON that is said there
   * @returns {Promise<void>} kept when nothing more will be missed
   */
  listen(room, heard) {
    return this.#change(() => this.redis.subscribe(channel(room), heard));
  }

  /** @param {string} room */
  ignore(room) {
    return this.#change(() => this.redis.unsubscribe(channel(room)));
  }

  /** @param {() => Promise<unknown>} change */
  #change(change) {
    this.#changes = this.#changes.then(async () => {
      for (;;) {
        try {
          await change();
          return;
        } catch {
          // It was under way when Redis went away, or Redis has too much to do.
          await (this.redis.isReady ? pause(RETRY) : once(this, 'back'));
        }
      }
    });
    return this.#changes;
  }
}
