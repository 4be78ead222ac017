// What jobs that run at the same time print, so that it can be read: one of them is shown as it
// comes, the others are held back and shown whole.

/** @param {(text: string) => unknown} print */
export function createOutput(print) {
  /** @type {Block[]} in the order in which they began */
  let blocks = [];

  class Block {
    held = '';
    ended = false;

    /** @param {string} title shown before the first output */
    constructor(title) {
      this.title = title;
    }

    /** @param {string} text */
    write(text) {
      this.held += text;
      if (blocks[0] === this) this.flush();
    }

    flush() {
      // One that has ended in silence is named all the same.
      if (!this.held && !this.ended) return;
      print(this.title + this.held);
      this.title = this.held = '';
    }

    end() {
      this.ended = true;
      if (blocks[0] !== this) return;
      // Those that have ended meanwhile, and then the one that has waited longest is shown.
      blocks = [
        ...blocks.filter((block) => block.ended),
        ...blocks.filter((block) => !block.ended),
      ];
      for (const block of blocks) {
        block.flush();
        if (!block.ended) break;
      }
      blocks = blocks.filter((block) => !block.ended);
    }
  }

  return {
    /** What one job prints. @param {string} title */
    begin(title) {
      const block = new Block(title);
      blocks.push(block);
      return block;
    },
  };
}

/** @typedef {ReturnType<ReturnType<typeof createOutput>['begin']>} Block */
