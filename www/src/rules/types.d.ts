// What an explanation of a rule has. A field that is missing does not compile.

/** What a peer did with what breaks a rule. */
export interface Outcome {
  /**
   * `closed`: sent a Close frame, with the code `close`. `ended`: ended TCP without one.
   * `accepted`: went on. `waits`: went on waiting for what a length announced. `refused`: failed
   * the handshake; a server with an HTTP `status`. `passed`: handed it on, as proxies do.
   * `http1`: opened the WebSocket over HTTP/1.1.
   */
  did: 'closed' | 'ended' | 'accepted' | 'waits' | 'refused' | 'passed' | 'http1';
  close?: number;
  status?: number;
  /** The code that the application is told. */
  event?: number;
  /** How many messages the application was given. */
  messages?: number;
}

/** Those that are measured: ws has two ends. */
export type Measured = 'chrome' | 'firefox' | 'undici' | 'ws' | 'wsServer' | 'nginx';

export interface Measurements {
  /** When, as YYYY-MM-DD. */
  date: string;
  versions: Partial<Record<Exclude<Measured, 'wsServer'>, string>>;
  /** By the rule's name. */
  rules: Record<string, Partial<Record<Measured, Outcome>>>;
}

/** What a peer's documentation says. */
export interface Documented {
  says: string;
  url: string;
}

export interface Explanation {
  /** The RFC's own words; `[...]` is where some are left out. */
  quote: string;
  rfc: 'RFC 6455' | 'RFC 7692' | 'RFC 8441';
  section: string;
  /** Why the words stand in another section than the one the rule names. */
  elsewhere?: string;
  /** The usual cause in the field. */
  cause: string;
  mend: string;
  /** Which end it is that finds the fault; `none`: it is about a capture, not about a peer. */
  judge: 'both' | 'server' | 'client' | 'none';
  /** Where one of the peers' documents speaks of it. */
  cloudflare?: Documented;
  /** What is to be said of the peers all together. */
  note?: string;
}

/** A part of the rules, with a title for people. */
export interface Family {
  title: string;
  rules: Record<string, Explanation>;
}
