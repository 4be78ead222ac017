// Who is in a room, in whichever process: a sorted set in Redis of its members, each with the time
// until which it is there. Each process renews its own, so that nobody stays behind when one is killed.
// Clocks of several machines have to agree to within a part of that time.

const key = (/** @type {string} */ room) => `chat:here:${room}`;

/** More are not named. */
const MOST_NAMED = 1000;

export class Presence {
  #redis;
  #lifetime;
  #gone;
  #renewing = false;
  /** Of this process, by room. @type {Map<string, Set<string>>} */
  #own = new Map();

  /**
   * @param {import('./bus.mjs').Bus['redis']} redis
   * @param {number} lifetime in milliseconds
   * @param {(room: string, member: string) => void} gone told of one that nobody renewed, in
   *   one process only
   */
  constructor(redis, lifetime, gone) {
    this.#redis = redis;
    this.#lifetime = lifetime;
    this.#gone = gone;
    setInterval(() => this.renew(), lifetime / 4).unref();
  }

  /** @param {string} room @param {string} member unlike all others */
  async enter(room, member) {
    const own = this.#own.get(room) ?? new Set();
    this.#own.set(room, own.add(member));
    await this.#write(room, [member]);
  }

  /** @param {string} room @param {string} member */
  async leave(room, member) {
    const own = this.#own.get(room);
    own?.delete(member);
    if (own?.size === 0) this.#own.delete(room);
    await this.#redis.zRem(key(room), member);
  }

  /** @param {string} room */
  here(room) {
    return this.#redis.zRange(key(room), Date.now(), '+inf', {
      BY: 'SCORE',
      LIMIT: { offset: 0, count: MOST_NAMED },
    });
  }

  /** All of this process; and those of others whose time is over, are gone. */
  async renew() {
    // What waits is not asked for again; and what Redis has not answered is not written anew, or it
    // would never count as silent.
    if (this.#renewing || !this.#redis.isReady) return;
    this.#renewing = true;
    try {
      for (const [room, own] of this.#own) {
        await this.#write(room, [...own]);
        const late = await this.#redis.zRange(key(room), 0, Date.now(), { BY: 'SCORE' });
        for (const member of late) {
          if (await this.#redis.zRem(key(room), member)) this.#gone(room, member);
        }
      }
    } catch {
      // Redis went away: the next time.
    } finally {
      this.#renewing = false;
    }
  }

  /** @param {string} room @param {string[]} members */
  async #write(room, members) {
    const score = Date.now() + this.#lifetime;
    await this.#redis
      .multi()
      .zAdd(
        key(room),
        members.map((value) => ({ score, value })),
      )
      // A room that is left to itself is forgotten.
      .pExpire(key(room), 2 * this.#lifetime)
      .exec();
  }
}
