// Types of 'ws4wasm/websocket'.

import type { ConnectOptions } from './node.js';

/** Options beyond WHATWG's: those of `connect` that the interface does not decide itself. */
export type WebSocketInit = Omit<ConnectOptions, 'WebSocket' | 'protocols' | 'signal'>;

/** The event at the end of a connection. */
export interface CloseEvent extends Event {
  /** Whether there was a closing handshake, and no fault. */
  readonly wasClean: boolean;
  /** The peer's code; 1005 when it gave none, 1006 when the connection failed or was lost. */
  readonly code: number;
  /** The peer's reason, or ''. */
  readonly reason: string;
}

/** The platform's where there is one (Node 23 and newer, browsers). */
export const CloseEvent: {
  /** What its instances have. */
  prototype: CloseEvent;
  /** What is not in `init` is false, 0 or ''. */
  new (type: string, init?: { wasClean?: boolean; code?: number; reason?: string }): CloseEvent;
};

/** The event of a message. */
export interface MessageEvent extends Event {
  /** Text, or bytes as `binaryType` says. */
  // biome-ignore lint/suspicious/noExplicitAny: as the DOM's types have it
  readonly data: any;
  /** The origin of the server's URL, such as `ws://example.com`. */
  readonly origin: string;
}

/** The events that a {@link WebSocket} has. */
export interface WebSocketEvents {
  /** The connection is open. */
  open: Event;
  /** A message came. */
  message: MessageEvent;
  /** The connection failed; in Node it says why, in browsers it does not. A close follows. */
  error: Event & {
    /** What went wrong. */
    readonly error?: unknown;
    /** Its message. */
    readonly message?: string;
  };
  /** It is over. */
  close: CloseEvent;
}

/** What may listen to a {@link WebSocket}: a function, or an object with one. */
export type EventListenerOf<K extends keyof WebSocketEvents> =
  | ((this: WebSocket, event: WebSocketEvents[K]) => unknown)
  | {
      /** Called with each event. */
      handleEvent(event: WebSocketEvents[K]): unknown;
    };

/**
 * WHATWG's WebSocket (https://websockets.spec.whatwg.org): a client that connects by itself. In
 * browsers, Deno and workerd it is the platform's own; in Node and Bun it is made here, of `connect`,
 * with its limits: an attempt may take 10 s, a message 16 MiB.
 *
 * @example
 * const ws = new WebSocket('ws://localhost:8080', ['chat']);
 * ws.onmessage = ({ data }) => console.log(data);
 */
export class WebSocket extends EventTarget {
  /** A value of {@link readyState}: there is no connection yet. */
  static readonly CONNECTING: 0;
  /** A value of {@link readyState}: messages may be sent. */
  static readonly OPEN: 1;
  /** A value of {@link readyState}: the closing handshake is under way. */
  static readonly CLOSING: 2;
  /** A value of {@link readyState}: it is over, or there never was a connection. */
  static readonly CLOSED: 3;
  /** As the static one. */
  readonly CONNECTING: 0;
  /** As the static one. */
  readonly OPEN: 1;
  /** As the static one. */
  readonly CLOSING: 2;
  /** As the static one. */
  readonly CLOSED: 3;
  /**
   * @param url absolute, of scheme `ws`, `wss`, `http` or `https`
   * @param protocols subprotocols to offer, the preferred one first
   * @param options in Node only, and beyond WHATWG: headers, TLS, a proxy
   * @throws {DOMException} SyntaxError for a URL that is no WebSocket's, and for subprotocols that are
   *   no tokens or not unique
   * @throws {TypeError} for an option that does not exist, or of the wrong type
   */
  constructor(url: string | URL, protocols?: string | string[], options?: WebSocketInit);
  /** The URL, in its normal form. */
  readonly url: string;
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** Bytes of payload that were sent and that the socket has not taken yet. */
  readonly bufferedAmount: number;
  /** The extensions in use, or ''. */
  readonly extensions: string;
  /** The subprotocol in use, or ''. */
  readonly protocol: string;
  /** What binary messages are given as. Default 'blob'; another value is ignored. */
  binaryType: 'blob' | 'arraybuffer';
  /**
   * Sends a message. What is not bytes or a Blob is made a string. Once it is closing nothing is sent.
   * @throws {DOMException} InvalidStateError before it is open
   */
  send(data: string | ArrayBufferLike | ArrayBufferView | Blob): void;
  /**
   * Begins the closing handshake, or gives the attempt up.
   * @param code 1000, or 3000 to 4999. Default: a close without a code
   * @param reason at most 123 bytes
   * @throws {DOMException} InvalidAccessError for another code, SyntaxError for a longer reason
   */
  close(code?: number, reason?: string): void;
  /** Calls `listener` at each event of a type. */
  addEventListener<K extends keyof WebSocketEvents>(
    type: K,
    listener: EventListenerOf<K> | null,
    options?: boolean | { once?: boolean; signal?: AbortSignal },
  ): void;
  /** Ends that. */
  removeEventListener<K extends keyof WebSocketEvents>(
    type: K,
    listener: EventListenerOf<K> | null,
  ): void;
  /** A listener of 'open'. */
  onopen: ((this: WebSocket, event: WebSocketEvents['open']) => unknown) | null;
  /** A listener of 'error'. */
  onerror: ((this: WebSocket, event: WebSocketEvents['error']) => unknown) | null;
  /** A listener of 'close'. */
  onclose: ((this: WebSocket, event: WebSocketEvents['close']) => unknown) | null;
  /** A listener of 'message'. */
  onmessage: ((this: WebSocket, event: WebSocketEvents['message']) => unknown) | null;
}
