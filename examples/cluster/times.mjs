// Milliseconds that belong together.

/** Of a process that leaves: each must be longer than the one before it. */
export const LEAVING = {
  /** Over which its members are closed, so that they do not all come back at once. */
  spread: 2000,
  /** After which members that do not answer are dropped. */
  drop: 5000,
  /** After which the process is killed; Docker kills all of them after 10 s. */
  kill: 8000,
};

/** For which a member of a process that was killed is still said to be there. */
export const PRESENCE = Number(process.env.PRESENCE ?? 10_000);
