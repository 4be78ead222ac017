// Types of 'ws4wasm/ws': the API of the package ws, version 8, as @types/ws has it.

/// <reference types="node" />

import type { EventEmitter } from 'node:events';
import type {
  Agent,
  ClientRequest,
  ClientRequestArgs,
  Server as HTTPServer,
  IncomingMessage,
  OutgoingHttpHeaders,
} from 'node:http';
import type { Server as HTTPSServer } from 'node:https';
import type { createConnection } from 'node:net';
import type { Duplex, DuplexOptions } from 'node:stream';
import type { SecureContextOptions } from 'node:tls';

/** What may be sent: what `Buffer.from` takes, a number, a Blob. */
export type BufferLike =
  | string
  | Buffer
  | DataView
  | number
  | ArrayBufferView
  | Uint8Array
  | ArrayBuffer
  | SharedArrayBuffer
  | Blob
  // biome-ignore lint/suspicious/noExplicitAny: as Buffer.from has it
  | readonly any[]
  | readonly number[]
  | { valueOf(): ArrayBuffer }
  | { valueOf(): SharedArrayBuffer }
  | { valueOf(): Uint8Array }
  | { valueOf(): readonly number[] }
  | { valueOf(): string }
  | { [Symbol.toPrimitive](hint: string): string };

/** A listener of an event that these types do not know, as Node's emitters have it. */
// biome-ignore lint/suspicious/noExplicitAny: nothing is known of it
export type AnyListener<T> = (this: T, ...args: any[]) => void;

/** The events of a WebSocket, with what their listeners get. */
export interface WebSocketEvents {
  /** It is over: 1005 without a code, 1006 without a close frame. */
  close: [code: number, reason: Buffer];
  /** The handshake failed, or the peer broke a rule: `code` is one of ws's. */
  error: [error: Error];
  /** The response's head came. */
  upgrade: [request: IncomingMessage];
  /** A message came. Text is a Buffer, too. */
  message: [data: WebSocket.RawData, isBinary: boolean];
  /** It is open. */
  open: [];
  /** A ping came; it is answered by itself. */
  ping: [data: Buffer];
  /** A pong came. */
  pong: [data: Buffer];
  /** A redirect is about to be followed. */
  redirect: [url: string, request: ClientRequest];
  /** The server answered something else. */
  'unexpected-response': [request: ClientRequest, response: IncomingMessage];
}

/** A WebSocket as ws has it: an emitter of events. */
export class WebSocket extends EventEmitter {
  /** A value of `readyState`. */
  static readonly CONNECTING: 0;
  /** A value of `readyState`. */
  static readonly OPEN: 1;
  /** A value of `readyState`. */
  static readonly CLOSING: 2;
  /** A value of `readyState`. */
  static readonly CLOSED: 3;
  /** The class itself. */
  static WebSocket: typeof WebSocket;
  /** The server. */
  static WebSocketServer: typeof WebSocketServer;
  /** The server by its older name. */
  static Server: typeof WebSocketServer;
  /** A Duplex over a WebSocket. */
  static createWebSocketStream: typeof createWebSocketStream;

  /** A value of `readyState`. */
  readonly CONNECTING: 0;
  /** A value of `readyState`. */
  readonly OPEN: 1;
  /** A value of `readyState`. */
  readonly CLOSING: 2;
  /** A value of `readyState`. */
  readonly CLOSED: 3;

  /** What binary data comes as. Default 'nodebuffer'. With 'fragments' a list of one Buffer. */
  binaryType: 'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob';
  /** Bytes that were sent and that the system has not taken. */
  readonly bufferedAmount: number;
  /** 'permessage-deflate' or ''. */
  readonly extensions: string;
  /** Whether `pause` was called. */
  readonly isPaused: boolean;
  /** The subprotocol in use, or ''. */
  readonly protocol: string;
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: 0 | 1 | 2 | 3;
  /** Where it was opened to; on a server undefined. */
  readonly url: string;

  /** A listener of 'open'. */
  onopen: ((event: WebSocket.Event) => void) | null;
  /** A listener of 'error'. */
  onerror: ((event: WebSocket.ErrorEvent) => void) | null;
  /** A listener of 'close'. */
  onclose: ((event: WebSocket.CloseEvent) => void) | null;
  /** A listener of 'message'. */
  onmessage: ((event: WebSocket.MessageEvent) => void) | null;

  /** For servers, which make one on their own. */
  constructor(address: null);
  /**
   * Connects.
   * @throws {SyntaxError} for a URL or a subprotocol that is none
   */
  constructor(address: string | URL, options?: WebSocket.ClientOptions | ClientRequestArgs);
  constructor(
    address: string | URL,
    protocols?: string | string[],
    options?: WebSocket.ClientOptions | ClientRequestArgs,
  );

  /**
   * Begins the closing handshake.
   * @throws {TypeError} for a code that may not be sent
   * @throws {RangeError} for a reason of more than 123 bytes
   */
  close(code?: number, data?: string | Buffer): void;
  /** Sends a ping of at most 125 bytes. */
  // biome-ignore lint/suspicious/noExplicitAny: as @types/ws has it
  ping(data?: any, mask?: boolean, cb?: (err: Error) => void): void;
  /** Sends a pong of at most 125 bytes. */
  // biome-ignore lint/suspicious/noExplicitAny: as @types/ws has it
  pong(data?: any, mask?: boolean, cb?: (err: Error) => void): void;
  /**
   * Sends a message.
   * @throws {Error} while it is connecting
   * @throws {TypeError} for what `Buffer.from` does not take
   */
  send(data: BufferLike, cb?: (err?: Error) => void): void;
  send(data: BufferLike, options: WebSocket.SendOptions, cb?: (err?: Error) => void): void;
  /** Drops the connection. */
  terminate(): void;
  /** Stops reading. */
  pause(): void;
  /** Reads again. */
  resume(): void;

  /** As browsers have it, for 'open', 'message', 'error' and 'close'. */
  addEventListener<K extends keyof WebSocket.WebSocketEventMap>(
    type: K,
    listener:
      | ((event: WebSocket.WebSocketEventMap[K]) => void)
      | { handleEvent(event: WebSocket.WebSocketEventMap[K]): void },
    options?: WebSocket.EventListenerOptions,
  ): void;
  /** Ends that. */
  removeEventListener<K extends keyof WebSocket.WebSocketEventMap>(
    type: K,
    listener:
      | ((event: WebSocket.WebSocketEventMap[K]) => void)
      | { handleEvent(event: WebSocket.WebSocketEventMap[K]): void },
  ): void;

  /** Calls `listener` at each event. */
  on<K extends keyof WebSocketEvents>(
    event: K,
    listener: (this: WebSocket, ...args: WebSocketEvents[K]) => void,
  ): this;
  on(event: string | symbol, listener: AnyListener<WebSocket>): this;
  /** Calls `listener` at the next one. */
  once<K extends keyof WebSocketEvents>(
    event: K,
    listener: (this: WebSocket, ...args: WebSocketEvents[K]) => void,
  ): this;
  once(event: string | symbol, listener: AnyListener<WebSocket>): this;
  /** Ends that. */
  off<K extends keyof WebSocketEvents>(
    event: K,
    listener: (this: WebSocket, ...args: WebSocketEvents[K]) => void,
  ): this;
  off(event: string | symbol, listener: AnyListener<WebSocket>): this;
  /** As `on`. */
  addListener<K extends keyof WebSocketEvents>(
    event: K,
    listener: (...args: WebSocketEvents[K]) => void,
  ): this;
  addListener(event: string | symbol, listener: AnyListener<this>): this;
  /** As `off`. */
  removeListener<K extends keyof WebSocketEvents>(
    event: K,
    listener: (...args: WebSocketEvents[K]) => void,
  ): this;
  removeListener(event: string | symbol, listener: AnyListener<this>): this;
}

/** The types that ws has under the name of its class. */
export namespace WebSocket {
  /** What a 'message' listener gets. */
  export type RawData = Buffer | ArrayBuffer | Buffer[];
  /** What a message event has. */
  export type Data = string | Buffer | ArrayBuffer | Buffer[];
  /** A certificate or a key. */
  export type CertMeta = string | string[] | Buffer | Buffer[];

  /** Says whether a client may connect. */
  export type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> =
    (info: { origin: string; secure: boolean; req: Request }) => boolean;
  /** The same, later. */
  export type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> = (
    info: { origin: string; secure: boolean; req: Request },
    callback: (
      res: boolean,
      code?: number,
      message?: string,
      headers?: OutgoingHttpHeaders,
    ) => void,
  ) => void;
  /** Ends a request, when its headers are right. */
  export type FinishRequestCallback = (request: ClientRequest, websocket: WebSocket) => void;

  /** Options of `send`. */
  export interface SendOptions {
    /** Has no effect: clients mask, servers do not (RFC 6455 section 5.1). */
    mask?: boolean | undefined;
    /** Binary or text. Default by the type of the data. */
    binary?: boolean | undefined;
    /** False: it is not compressed. Default true. */
    compress?: boolean | undefined;
    /** The last frame of its message. Default true. */
    fin?: boolean | undefined;
  }

  /** Options of both sides. */
  export interface CommonOptions {
    /** Several messages may be told of in one turn of the event loop. Default true. */
    allowSynchronousEvents?: boolean | undefined;
    /** Pings are answered by themselves. Default true. */
    autoPong?: boolean | undefined;
    /** Milliseconds that the closing handshake may take. Default 30,000. */
    closeTimeout?: number | undefined;
    /** Most bytes of a message; 0 for no limit. Default 100 MiB. */
    maxPayload?: number | undefined;
    /** Has no effect: memory is bounded by `maxPayload` and `maxFragments`. */
    maxBufferedChunks?: number | undefined;
    /** Most frames of a message; 0 for no limit. Default 16,384. */
    maxFragments?: number | undefined;
    /** Has no effect: of pongs that cannot be sent, the newest is kept. */
    maxPendingAutoPongs?: number | undefined;
    /** Has no effect: text is always validated. */
    skipUTF8Validation?: boolean | undefined;
  }

  /** Options of a client; further ones go to `http.request`. */
  export interface ClientOptions extends CommonOptions, SecureContextOptions {
    /** The subprotocol to offer. */
    protocol?: string | undefined;
    /** Follow redirects. Default false. */
    followRedirects?: boolean | undefined;
    /** Has no effect: keys are random (RFC 6455 section 5.3). */
    generateMask?(mask: Buffer): void;
    /** Milliseconds that the handshake's socket may be idle. */
    handshakeTimeout?: number | undefined;
    /** How many redirects are followed. Default 10. */
    maxRedirects?: number | undefined;
    /** permessage-deflate. Default true. */
    perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
    /** Of the socket. */
    localAddress?: string | undefined;
    /** 13 or 8. Default 13. */
    protocolVersion?: number | undefined;
    /** Of the request. */
    headers?: { [key: string]: string } | undefined;
    /** The Origin header. */
    origin?: string | undefined;
    /** Makes the socket. */
    agent?: Agent | undefined;
    /** Of the socket. */
    host?: string | undefined;
    /** Of the socket. */
    family?: number | undefined;
    /** Of TLS. */
    checkServerIdentity?(servername: string, cert: CertMeta): boolean;
    /** Of TLS. */
    rejectUnauthorized?: boolean | undefined;
    /** Makes the socket. */
    createConnection?: typeof createConnection | undefined;
    /** Ends the request. */
    finishRequest?: FinishRequestCallback | undefined;
  }

  /** Options of permessage-deflate. */
  export interface PerMessageDeflateOptions {
    /** The server begins each message anew. */
    serverNoContextTakeover?: boolean | undefined;
    /** The client does. */
    clientNoContextTakeover?: boolean | undefined;
    /** The server's window. */
    serverMaxWindowBits?: number | undefined;
    /** The client's window. */
    clientMaxWindowBits?: number | undefined;
    /** `level` and `memLevel` count; the rest has no effect. */
    zlibDeflateOptions?:
      | {
          flush?: number | undefined;
          finishFlush?: number | undefined;
          chunkSize?: number | undefined;
          windowBits?: number | undefined;
          level?: number | undefined;
          memLevel?: number | undefined;
          strategy?: number | undefined;
          dictionary?: Buffer | Buffer[] | DataView | undefined;
          info?: boolean | undefined;
        }
      | undefined;
    /** Has no effect. */
    zlibInflateOptions?: import('node:zlib').ZlibOptions | undefined;
    /** Without context takeover, shorter messages are not compressed. Default 1,024. */
    threshold?: number | undefined;
    /** Has no effect: compression does not wait for threads. */
    concurrencyLimit?: number | undefined;
  }

  /** An event as browsers have it. */
  export interface Event {
    type: string;
    target: WebSocket;
  }
  /** Of 'error'. */
  export interface ErrorEvent extends Event {
    // biome-ignore lint/suspicious/noExplicitAny: as @types/ws has it
    error: any;
    message: string;
  }
  /** Of 'close'. */
  export interface CloseEvent extends Event {
    wasClean: boolean;
    code: number;
    reason: string;
  }
  /** Of 'message'. */
  export interface MessageEvent extends Event {
    data: Data;
  }
  /** Those that `addEventListener` knows. */
  export interface WebSocketEventMap {
    open: Event;
    error: ErrorEvent;
    close: CloseEvent;
    message: MessageEvent;
  }
  /** Options of `addEventListener`. */
  export interface EventListenerOptions {
    once?: boolean | undefined;
  }

  /** Options of a server; one of `port`, `server` and `noServer` is needed. */
  export interface ServerOptions<
    U extends typeof WebSocket = typeof WebSocket,
    V extends typeof IncomingMessage = typeof IncomingMessage,
  > extends CommonOptions {
    /** Where to listen. */
    host?: string | undefined;
    /** Where to listen. */
    port?: number | undefined;
    /** Of listening. */
    backlog?: number | undefined;
    /** An HTTP server to listen to. */
    server?: HTTPServer<V> | HTTPSServer<V> | undefined;
    /** Says who may connect. */
    verifyClient?:
      | VerifyClientCallbackAsync<InstanceType<V>>
      | VerifyClientCallbackSync<InstanceType<V>>
      | undefined;
    /** Chooses a subprotocol of those offered. */
    handleProtocols?: (protocols: Set<string>, request: InstanceType<V>) => string | false;
    /** The only path that is taken. */
    path?: string | undefined;
    /** `handleUpgrade` is called by hand. */
    noServer?: boolean | undefined;
    /** Keep `clients`. Default true. */
    clientTracking?: boolean | undefined;
    /** permessage-deflate. Default false. */
    perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
    /** The class to make. */
    WebSocket?: U | undefined;
  }

  /** Where a server listens. */
  export interface AddressInfo {
    address: string;
    family: string;
    port: number;
  }

  /** The server by its older name. */
  export type Server<
    T extends typeof WebSocket = typeof WebSocket,
    U extends typeof IncomingMessage = typeof IncomingMessage,
  > = WebSocketServer<T, U>;
}

/** The events of a server, with what their listeners get. */
export interface WebSocketServerEvents<
  T extends typeof WebSocket = typeof WebSocket,
  U extends typeof IncomingMessage = typeof IncomingMessage,
> {
  /** A connection is open. */
  connection: [websocket: InstanceType<T>, request: InstanceType<U>];
  /** Of the HTTP server. */
  error: [error: Error];
  /** The lines of the 101, which may be changed. */
  headers: [headers: string[], request: InstanceType<U>];
  /** It is closed. */
  close: [];
  /** It listens. */
  listening: [];
  /** A request was wrong; the listener answers. */
  wsClientError: [error: Error, socket: Duplex, request: InstanceType<U>];
}

/** A server as ws has it. */
export class WebSocketServer<
  T extends typeof WebSocket = typeof WebSocket,
  U extends typeof IncomingMessage = typeof IncomingMessage,
> extends EventEmitter {
  /** The options, completed. */
  options: WebSocket.ServerOptions<T, U>;
  /** The connections that are not closed, unless `clientTracking` is false. */
  clients: Set<InstanceType<T>>;
  /** @throws {TypeError} unless there is one of `port`, `server` and `noServer` */
  constructor(options?: WebSocket.ServerOptions<T, U>, callback?: () => void);
  /** Where it listens. */
  address(): WebSocket.AddressInfo | string | null;
  /** Takes no more connections; 'close' comes when those there are have ended. */
  close(cb?: (err?: Error) => void): void;
  /** Answers an upgrade. */
  handleUpgrade(
    request: InstanceType<U>,
    socket: Duplex,
    upgradeHead: Buffer,
    callback: (client: InstanceType<T>, request: InstanceType<U>) => void,
  ): void;
  /** Whether a request is for this server: by its path, unless it is overridden. */
  shouldHandle(request: InstanceType<U>): boolean | Promise<boolean>;

  /** Calls `cb` at each event. */
  on<K extends keyof WebSocketServerEvents>(
    event: K,
    cb: (this: WebSocketServer<T>, ...args: WebSocketServerEvents<T, U>[K]) => void,
  ): this;
  on(event: string | symbol, listener: AnyListener<WebSocketServer<T>>): this;
  /** Calls `cb` at the next one. */
  once<K extends keyof WebSocketServerEvents>(
    event: K,
    cb: (this: WebSocketServer<T>, ...args: WebSocketServerEvents<T, U>[K]) => void,
  ): this;
  once(event: string | symbol, listener: AnyListener<WebSocketServer<T>>): this;
  /** Ends that. */
  off<K extends keyof WebSocketServerEvents>(
    event: K,
    cb: (this: WebSocketServer<T>, ...args: WebSocketServerEvents<T, U>[K]) => void,
  ): this;
  off(event: string | symbol, listener: AnyListener<WebSocketServer<T>>): this;
  /** As `on`. */
  addListener<K extends keyof WebSocketServerEvents>(
    event: K,
    cb: (...args: WebSocketServerEvents<T, U>[K]) => void,
  ): this;
  addListener(event: string | symbol, listener: AnyListener<this>): this;
  /** As `off`. */
  removeListener<K extends keyof WebSocketServerEvents>(
    event: K,
    cb: (...args: WebSocketServerEvents<T, U>[K]) => void,
  ): this;
  removeListener(event: string | symbol, listener: AnyListener<this>): this;
}

export { WebSocketServer as Server };

/** A Duplex of Node's over a WebSocket. */
export function createWebSocketStream(websocket: WebSocket, options?: DuplexOptions): Duplex;

export type RawData = WebSocket.RawData;
export type Data = WebSocket.Data;
export type ClientOptions = WebSocket.ClientOptions;
export type ServerOptions<
  U extends typeof WebSocket = typeof WebSocket,
  V extends typeof IncomingMessage = typeof IncomingMessage,
> = WebSocket.ServerOptions<U, V>;
export type PerMessageDeflateOptions = WebSocket.PerMessageDeflateOptions;
export type VerifyClientCallbackSync<R extends IncomingMessage = IncomingMessage> =
  WebSocket.VerifyClientCallbackSync<R>;
export type VerifyClientCallbackAsync<R extends IncomingMessage = IncomingMessage> =
  WebSocket.VerifyClientCallbackAsync<R>;
export type AddressInfo = WebSocket.AddressInfo;
export type Event = WebSocket.Event;
export type ErrorEvent = WebSocket.ErrorEvent;
export type CloseEvent = WebSocket.CloseEvent;
export type MessageEvent = WebSocket.MessageEvent;

