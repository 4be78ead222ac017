// Types of 'ws4wasm/node'.

import type { IncomingMessage } from 'node:http';
import type { ClientHttp2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { NetConnectOpts, Server, ServerOpts, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions, TlsOptions } from 'node:tls';
import type {
  ClientHandshakeOptions,
  DeflateOptions,
  HandshakeHeaders,
  HandshakeRequest,
  ServerHandshakeOptions,
  WebSocket,
  WebSocketOptions,
} from './index.js';

/** What the socket-level options of a connection share: everything but what the handshake decides. */
export type ConnectionSettings = Omit<
  WebSocketOptions,
  'role' | 'protocols' | 'extensions' | 'environ' | 'head' | 'deflate'
>;

/** The class to make: {@link WebSocket} or one that extends it. */
export type WebSocketClass<T extends WebSocket = WebSocket> = new (
  sock: Duplex,
  options?: WebSocketOptions,
) => T;

/**
 * What `verify` gives. Nothing or true: go on. False: 403. A number: that status. An object:
 * a refusal when it has a `status`, else details of the 101 (or HTTP/2's 200).
 */
export type Verdict =
  // biome-ignore lint/suspicious/noConfusingVoidType: a verify that returns nothing agrees
  | void
  | undefined
  | boolean
  | number
  | {
      /** The status of a refusal, 200 to 599. */
      status?: number;
      /** Further headers of the answer. */
      headers?: HandshakeHeaders;
      /** The body of a refusal. */
      body?: string | Uint8Array;
      /** The subprotocol to choose, one of those offered. Without a status only. */
      protocol?: string;
    };

/** What servers have in common. */
export interface UpgradeOptions<T extends WebSocket = WebSocket>
  extends ConnectionSettings,
    ServerHandshakeOptions {
  /** The class to make. Default {@link WebSocket}. */
  WebSocket?: WebSocketClass<T>;
  /**
   * Which origins may connect (RFC 6455 section 10.2): a list of origins such as
   * `'https://example.com'`, or `'same'` for the host that was asked. A client that sends no
   * Origin is not a browser and passes. Default: any.
   */
  origins?: readonly string[] | 'same';
  /**
   * Decides about a request, at leisure: the socket is paused meanwhile. A HandshakeError that
   * it throws is the refusal; for another error the answer is 500 and the error is printed.
   */
  verify?: (request: HandshakeRequest) => Verdict | Promise<Verdict>;
  /** Called with the connection before its first message is read. */
  onWebSocket?: (ws: T, request: HandshakeRequest) => void;
}

/** Options of {@link createServer}. With `key` or `pfx` or `SNICallback` the server speaks TLS. */
export interface ServerOptions<T extends WebSocket = WebSocket>
  extends UpgradeOptions<T>,
    Pick<
      TlsOptions,
      'key' | 'cert' | 'ca' | 'pfx' | 'passphrase' | 'SNICallback' | 'requestCert'
    > {
  /** Milliseconds for the whole handshake; then the answer is 408. Default 10,000. */
  handshakeTimeout?: number;
  /** Options of `net.createServer`. */
  net?: ServerOpts;
}

/**
 * A WebSocket server on raw sockets: a `net.Server`, or a `tls.Server` when there is a key.
 * It speaks nothing but WebSocket: other requests get an HTTP answer that says so.
 *
 * @example
 * createServer({ WebSocket: EchoWebSocket }).listen(8080);
 */
export function createServer<T extends WebSocket = WebSocket>(
  options?: ServerOptions<T>,
  onWebSocket?: (ws: T, request: HandshakeRequest) => void,
): Server;
export function createServer(
  onWebSocket: (ws: WebSocket, request: HandshakeRequest) => void,
): Server;

/**
 * Answers the `upgrade` event of an `http` or `https` server. `environ` of the connection is
 * the IncomingMessage.
 *
 * @returns the connection, or undefined when the request was refused (it has been answered)
 */
export function upgrade<T extends WebSocket = WebSocket>(
  request: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  options?: UpgradeOptions<T>,
): Promise<T | undefined>;

/**
 * Answers an extended CONNECT (RFC 8441) on an HTTP/2 server that was made with
 * `settings: { enableConnectProtocol: true }`: call it from the `stream` event.
 *
 * @returns the connection, or undefined when the request was refused (it has been answered)
 */
export function acceptConnect<T extends WebSocket = WebSocket>(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  options?: UpgradeOptions<T>,
): Promise<T | undefined>;

/** Options of {@link connect}. */
export interface ConnectOptions<T extends WebSocket = WebSocket>
  extends ConnectionSettings,
    ClientHandshakeOptions {
  /**
   * As for a handshake, but the default is true: a client offers compression, as browsers do,
   * and the server decides.
   */
  deflate?: boolean | DeflateOptions | undefined;
  /** The class to make. Default {@link WebSocket}. */
  WebSocket?: WebSocketClass<T>;
  /** Milliseconds until the connection is open. Default 10,000. */
  handshakeTimeout?: number;
  /** How many redirects are followed. Headers go along to the same host only. Default 0. */
  maxRedirects?: number;
  /** Gives the attempt up. */
  signal?: AbortSignal;
  /** Path of a Unix socket to connect to instead of the URL's host. */
  socketPath?: string;
  /** Options of `net.connect` and `tls.connect`. */
  net?: Partial<NetConnectOpts>;
  /** Options of `tls.connect`, such as `ca`. */
  tls?: ConnectionOptions;
  /** Makes the socket, for a proxy for example. */
  createConnection?: (address: {
    host?: string;
    port?: number;
    path?: string;
    secure: boolean;
  }) => Socket;
}

/**
 * Opens a WebSocket. `ws:` and `wss:` URLs (`http:` and `https:` stand for them); credentials
 * in the URL become an Authorization header.
 *
 * @throws HandshakeError when the server refuses, with its `status` and `response`; the
 *   socket's own error when there is no connection; the signal's reason
 */
export function connect<T extends WebSocket = WebSocket>(
  url: string | URL,
  options?: ConnectOptions<T>,
): Promise<T>;

/** Options of {@link connectHttp2}. */
export type ConnectHttp2Options<T extends WebSocket = WebSocket> = ConnectionSettings &
  ClientHandshakeOptions &
  Pick<ConnectOptions<T>, 'WebSocket' | 'deflate' | 'handshakeTimeout' | 'signal'>;

/**
 * Opens a WebSocket on a session of HTTP/2 (RFC 8441), beside whatever else it carries.
 *
 * @throws HandshakeError when the server refuses or takes no extended CONNECT
 */
export function connectHttp2<T extends WebSocket = WebSocket>(
  session: ClientHttp2Session,
  url: string | URL,
  options?: ConnectHttp2Options<T>,
): Promise<T>;
