// What pages that come later are told: records, of which the oldest are forgotten. They lie in one
// piece of memory, each behind the one before it, beginning anew at its end: so keeping them makes
// no garbage, whose collection would hold up the messages of a proxy.

/** What an entry costs beside its bytes, so that many tiny ones are bounded, too. */
const ENTRY = 128;

/** The length of a record, which stands before it. */
const LENGTH = 4;

const NOTHING = new Uint8Array(0);

export class History {
  #max;
  /** Once something is kept; the system gives it page by page as it is used. */
  #memory = Buffer.alloc(0);
  #begin = 0;
  #end = 0;
  #count = 0;
  #cost = 0;
  #length = Buffer.alloc(LENGTH);

  /** @param {number} max bytes */
  constructor(max) {
    this.#max = max;
  }

  /**
   * Keeps a record.
   * @param {Uint8Array} head
   * @param {Uint8Array} body
   * @param {(record: Buffer, length: number) => void} forget is told of each that has to go, by its
   *   first bytes, as many as a head has
   */
  add(head, body, forget) {
    const length = head.length + body.length;
    const cost = length + ENTRY;
    while (this.#count > 0 && this.#cost + cost > this.#max) {
      const gone = this.#lengthAt(this.#begin);
      forget(this.#read(this.#begin + LENGTH, Math.min(gone, head.length)), gone);
      this.#begin = (this.#begin + LENGTH + gone) % this.#max;
      this.#cost -= gone + ENTRY;
      this.#count--;
    }
    if (cost > this.#max) {
      forget(Buffer.from(head), length);
      return;
    }
    if (this.#memory.length === 0) this.#memory = Buffer.allocUnsafeSlow(this.#max);
    this.#length.writeUInt32BE(length);
    for (const part of [this.#length, head, body]) this.#write(part);
    this.#cost += cost;
    this.#count++;
  }

  /** Copies of all records, the oldest first. */
  *records() {
    let at = this.#begin;
    for (let left = this.#count; left > 0; left--) {
      const length = this.#lengthAt(at);
      yield this.#read(at + LENGTH, length);
      at += LENGTH + length;
    }
  }

  /** @param {number} at */
  #lengthAt(at) {
    return this.#read(at, LENGTH).readUInt32BE();
  }

  /** @param {Uint8Array} bytes */
  #write(bytes) {
    const room = this.#max - this.#end;
    this.#memory.set(bytes.subarray(0, room), this.#end);
    this.#memory.set(bytes.length > room ? bytes.subarray(room) : NOTHING, 0);
    this.#end = (this.#end + bytes.length) % this.#max;
  }

  /** A copy. @param {number} at @param {number} length */
  #read(at, length) {
    const from = at % this.#max;
    const bytes = Buffer.allocUnsafe(length);
    const copied = this.#memory.copy(bytes, 0, from, from + length);
    this.#memory.copy(bytes, copied, 0, length - copied);
    return bytes;
  }
}
