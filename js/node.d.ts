// Types of 'ws4wasm/node'.

import type { Agent, IncomingMessage } from 'node:http';
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

/** A request as a server's functions get it. */
export interface ServerRequest extends HandshakeRequest {
  /** The peer's IP address. Undefined on a Unix socket. */
  readonly remoteAddress: string | undefined;
  /** The peer's port. */
  readonly remotePort: number | undefined;
  /**
   * The socket that it came over; over TLS a `TLSSocket`, whose `getPeerCertificate()` is the
   * client's certificate. Over HTTP/2 the session's socket. Not to be written to or read from.
   */
  readonly socket: Socket;
}

/**
 * What `verify` gives. True: go on. False: 403. A number from 200 to 599: that status. An object
 * with a `status`: a refusal with it. An object with `headers` or `protocol`, or both, and
 * nothing else: go on, with these. Whatever else, undefined too, is a refusal (500), and is
 * printed.
 */
export type Verdict =
  | boolean
  | number
  | {
      /** The status of a refusal, 200 to 599. */
      status: number;
      /** Further headers of the answer. */
      headers?: HandshakeHeaders;
      /** The body of a refusal. */
      body?: string | Uint8Array;
    }
  | {
      /** Not here: a status refuses. */
      status?: never;
      /** Further headers of the 101, or of HTTP/2's 200. */
      headers?: HandshakeHeaders;
      /** The subprotocol to choose, one of those offered. */
      protocol?: string;
    };

/**
 * Which pages may connect. A string is an origin, such as `'https://example.com'`; one with `*.`
 * in front of its host, such as `'https://*.example.com'` or `'*.example.com'` (http and https),
 * stands for all its subdomains and not for itself; `'same'` for the host that was asked; `'*'`
 * for any; `'null'` for pages without an origin, such as sandboxed ones. A RegExp is searched in
 * the origin: begin it with `^` and end it with `$`. A function gives true or false. Scheme, host
 * and port are compared in their normal form: capitals, a default port and a slash at the end make
 * no difference.
 */
export type OriginRule =
  | string
  | RegExp
  | ((origin: string, request: ServerRequest) => boolean | Promise<boolean>);

/** What servers have in common. An option that does not exist is a TypeError. */
export interface UpgradeOptions<T extends WebSocket = WebSocket>
  extends ConnectionSettings,
    ServerHandshakeOptions {
  /** The class to make. Default {@link WebSocket}. */
  WebSocket?: WebSocketClass<T>;
  /**
   * Milliseconds from the accepted socket to the open connection: TLS, the request, `verify`.
   * Then the answer is 408, or, before there is TLS, none. `upgrade` and `acceptConnect` count
   * from their call. Default 10,000.
   */
  handshakeTimeout?: number;
  /**
   * Which origins may connect (RFC 6455 section 10.2): one rule, or a list. An entry that can
   * never match is a RangeError. A client that sends no Origin is not a browser and passes.
   * Default: any.
   */
  origins?: OriginRule | readonly OriginRule[];
  /**
   * Decides about a request, at leisure: the socket is paused meanwhile. A HandshakeError that
   * it throws is the refusal; for another error the answer is 500 and the error is printed.
   */
  verify?: (request: ServerRequest) => Verdict | Promise<Verdict>;
  /** Called with the connection before its first message is read. */
  onWebSocket?: (ws: T, request: ServerRequest) => void;
}

/** Options of {@link createServer}. They are judged at once. With `key` or `pfx` or `SNICallback` the server speaks TLS. */
export interface ServerOptions<T extends WebSocket = WebSocket>
  extends UpgradeOptions<T>,
    Pick<
      TlsOptions,
      | 'key'
      | 'cert'
      | 'ca'
      | 'pfx'
      | 'passphrase'
      | 'SNICallback'
      | 'requestCert'
      | 'rejectUnauthorized'
    > {
  /** Options of `net.createServer`. */
  net?: ServerOpts;
  /** Further options of `tls.createServer`, such as `minVersion`. */
  tls?: TlsOptions;
}

/**
 * A WebSocket server on raw sockets: a `net.Server`, or a `tls.Server` when there is a key.
 * It speaks nothing but WebSocket: other requests get an HTTP answer that says so. `environ` of a
 * connection is its {@link ServerRequest}.
 *
 * @example
 * createServer({ WebSocket: EchoWebSocket }).listen(8080);
 */
export function createServer<T extends WebSocket = WebSocket>(
  options?: ServerOptions<T>,
  onWebSocket?: (ws: T, request: ServerRequest) => void,
): Server;
export function createServer(
  onWebSocket: (ws: WebSocket, request: ServerRequest) => void,
): Server;

/**
 * Answers the `upgrade` event of an `http` or `https` server. `environ` of the connection is
 * the IncomingMessage. A request that a framework made up needs `method`, `url` and `headers`.
 *
 * @returns the connection, or undefined when the request was refused (it has been answered)
 * @throws TypeError or RangeError for wrong options (the answer is 500); TypeError when it was
 *   called with this socket before, which writes nothing
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
  /**
   * Milliseconds until the connection is open, redirects, proxies and all. Default 10,000.
   */
  handshakeTimeout?: number;
  /**
   * How many redirects are followed, from 0 to 20. On the same host (its name, and its port unless
   * it goes from `ws:` to `wss:`) headers and credentials go along. To another host no headers,
   * no credentials of the URL, no client certificate and no subprotocols do. From `wss:` to `ws:`
   * none is followed. Default 0.
   */
  maxRedirects?: number;
  /** Gives the attempt up, in each of its phases. */
  signal?: AbortSignal;
  /** Path of a Unix socket to connect to instead of the URL's host. */
  socketPath?: string;
  /** Options of `net.connect` and `tls.connect`. */
  net?: Partial<NetConnectOpts>;
  /** Options of `tls.connect`, such as `ca`. */
  tls?: ConnectionOptions;
  /**
   * Makes the socket, or promises it. For `wss:` it is to be a TLS socket. One that comes when
   * the attempt is over is closed.
   */
  createConnection?: (address: {
    host?: string;
    port?: number;
    path?: string;
    secure: boolean;
  }) => Duplex | Promise<Duplex>;
  /**
   * Makes the socket: an Agent of `node:http`, for `wss:` of `node:https`, or one that extends
   * them, such as those of https-proxy-agent and socks-proxy-agent. `net` and `tls` go to it.
   */
  agent?: Agent;
  /**
   * An HTTP proxy that the connection is tunnelled through, with its credentials:
   * `'http://user:password@proxy:3128'`. True: the one of the environment, if there is one, that
   * is of HTTPS_PROXY, for `ws:` HTTP_PROXY or else that, or of ALL_PROXY, unless NO_PROXY has the
   * host, a domain that it belongs to, or its subnet. Default false. A refusal of the proxy's is a
   * HandshakeError with its status.
   */
  proxy?: string | URL | boolean;
}

/**
 * Opens a WebSocket. `ws:` and `wss:` URLs (`http:` and `https:` stand for them); credentials
 * in the URL become an Authorization header.
 *
 * @throws HandshakeError when the server refuses, with its `status` and its `response`, whose
 *   `body` is decoded and has at most 64 KiB of what came within a second; the socket's own error
 *   when there is no connection; the signal's reason; TypeError or RangeError for wrong options
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
