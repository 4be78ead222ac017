// Errors that are an answer to the person at the command line, not a fault of the program.

/** The message is for the reader: one line. */
export class Failure extends Error {
  /**
   * @param {string} message
   * @param {{ code?: number, more?: string[] }} [options] the exit code, and lines that follow
   */
  constructor(message, { code = 1, more = [] } = {}) {
    super(message);
    this.code = code;
    this.more = more;
  }
}

/** The command line is wrong. */
export class UsageError extends Failure {
  /**
   * @param {string} message
   * @param {string[]} [more]
   */
  constructor(message, more) {
    super(message, { code: 2, ...(more && { more }) });
  }
}
