// Types of 'ws4wasm/node'.

import { EventEmitter } from 'node:events';
import type { Agent, IncomingMessage } from 'node:http';
import type { ClientHttp2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { BlockList, NetConnectOpts, Server, ServerOpts, Socket } from 'node:net';
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
} from './index.cjs';

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
  /**
   * The client's IP address: the peer's, or with `proxyProtocol` or `trustProxy` the one that the
   * proxies name. Undefined on a Unix socket, and where a trusted proxy says that it is unknown.
   */
  readonly remoteAddress: string | undefined;
  /** The client's port; undefined where a proxy does not say it. */
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

/**
 * Networks: addresses (`'192.0.2.1'`), networks (`'10.0.0.0/8'`, `'fd00::/8'`), a `BlockList` of
 * `node:net`, and names: `'loopback'` (Unix sockets count as it), `'linklocal'` and `'uniquelocal'`
 * (private networks). One of them or a list.
 */
export type Networks = string | BlockList | readonly (string | BlockList)[];

/**
 * Which proxies are believed: how many there are in front of the server, each of which adds to the
 * headers, or the networks that they are in. As long as they are, their headers name the client.
 * Both X-Forwarded-For (with X-Forwarded-Host) and Forwarded (RFC 7239) are read, unless `header`
 * names one: proxies set one of them and pass on the other as the client sent it, so that requests
 * with both are refused (400) when they disagree.
 */
export type ProxyTrust =
  | number
  | Networks
  | {
      /** How many proxies there are, 1 to 32. */
      hops?: number;
      /** The networks of the proxies. Either this or `hops`. */
      networks?: Networks;
      /** The only header to read. Default both. */
      header?: 'x-forwarded-for' | 'forwarded';
    };

/** Options of {@link proxyProtocol}. */
export interface ProxyProtocolOptions {
  /** The networks of the proxies; connections from elsewhere are refused. Default `'loopback'`. */
  from?: Networks;
  /** Milliseconds until the header is there. Default 10,000. */
  timeout?: number;
}

/**
 * Has a server of `node:net`, `node:http`, `node:https`, `node:tls` or `node:http2` take
 * connections from proxies that speak the PROXY protocol, version 1 or 2, such as HAProxy with
 * `send-proxy`, nginx's stream module and cloud load balancers. Its sockets then say
 * `remoteAddress` and `remotePort` of the client. A connection without a well-formed header (400),
 * or from elsewhere (403), is refused. {@link createServer} has an option for it.
 *
 * @param server that has its listeners and does not listen yet
 * @returns the server
 * @throws TypeError or RangeError for wrong options
 *
 * @example
 * proxyProtocol(http.createServer(app), { from: '10.0.0.0/8' }).listen(8080);
 */
export function proxyProtocol<T extends Server>(server: T, options?: ProxyProtocolOptions): T;

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
   * Which proxies are believed about `remoteAddress`, `remotePort` and `host` of a request. What
   * they name and is no address or host is refused with 400. Default false: none.
   */
  trustProxy?: false | ProxyTrust;
  /**
   * Decides about a request, at leisure: the socket is paused meanwhile. A HandshakeError that
   * it throws is the refusal; for another error the answer is 500 and the error is printed.
   */
  verify?: (request: ServerRequest) => Verdict | Promise<Verdict>;
  /** What it is to be counted, limited and ended with. Default nothing. */
  group?: ConnectionGroup;
  /** Called with the connection before its first message is read. */
  onWebSocket?: (ws: T, request: ServerRequest) => void;
}

/**
 * Why a request became no WebSocket. With 400 `malformed` (no well-formed handshake) or `proxy`
 * (what a proxy says is not well-formed; 403 where it is none of the proxies, 408 where it says
 * nothing), `method` 405, `upgrade` 426, `headers` 431 (too many or too long), `timeout` 408,
 * `origin` 403, `verify` what it gave, `error` 500 (your code threw), `full` 503, `address` 429,
 * `draining` 503, `protocol` 501 (another CONNECT over HTTP/2); `tls` without an answer.
 */
export type RefusalReason =
  | 'malformed'
  | 'method'
  | 'upgrade'
  | 'headers'
  | 'timeout'
  | 'proxy'
  | 'tls'
  | 'protocol'
  | 'origin'
  | 'verify'
  | 'error'
  | 'full'
  | 'address'
  | 'draining';

/** What the event `refused` tells. */
export interface Refused {
  /** The status of the answer; undefined when nothing could be answered. */
  readonly status: number | undefined;
  /** Why. */
  readonly reason: RefusalReason;
  /** The text of the answer, which tells more. */
  readonly message: string;
  /** The client's IP address, or that of the nearest proxy as long as no other is known. */
  readonly remoteAddress: string | undefined;
  /** The port that belongs to it. */
  readonly remotePort: number | undefined;
  /** The request, when there was a well-formed one. */
  readonly request: ServerRequest | undefined;
  /** What your code threw, or what TLS failed with. */
  readonly error: unknown;
}

/** What came and went, in both directions. */
export interface ConnectionCounts {
  /** Messages of text and bytes. */
  messagesReceived: number;
  /** Messages of text and bytes that were given to `send`. */
  messagesSent: number;
  /** Bytes of frames, after TLS and as compressed as they are. */
  bytesReceived: number;
  /** Bytes of frames that were written. */
  bytesSent: number;
  /** Pings of the peers'. */
  pingsReceived: number;
  /** Pings of this side. */
  pingsSent: number;
}

/** How a server is. What counts events only ever grows. */
export interface ServerStats extends ConnectionCounts {
  /** Connections that are open. */
  open: number;
  /** Handshakes that are under way. */
  arriving: number;
  /** Connections that were opened so far. */
  opened: number;
  /** Handshakes that were refused so far. */
  refused: Record<RefusalReason, number>;
  /** Bytes that were sent on open connections and that the system has not taken. */
  buffered: number;
  /** Engines of this process that stopped with all their connections and were replaced. */
  enginesRetired: number;
  /** `drain` was called. */
  draining: boolean;
}

/** Options of `drain`. */
export interface DrainOptions {
  /** The close code. Default 1001, going away; 1012 says that the server comes back. */
  code?: number;
  /** The close reason, at most 123 bytes. Default none. */
  reason?: string;
  /** Milliseconds after which whoever is left is dropped. Default 8,000. */
  timeout?: number;
  /** Milliseconds over which the connections are closed, at most `timeout`. Default 0: at once. */
  spread?: number;
}

/** Options of {@link ConnectionGroup}, and of {@link createServer}. */
export interface ConnectionGroupOptions {
  /**
   * The most connections, with those whose `verify` is under way: others get 503 and
   * `Retry-After`. As many handshakes may have begun. Default Infinity.
   */
  maxConnections?: number;
  /**
   * The most connections of one `remoteAddress`: others get 429 and `Retry-After`. IPv6 addresses
   * of the same /64 count as one, and so do all that have none. Default Infinity.
   */
  maxConnectionsPerAddress?: number;
}

/** Events of {@link ConnectionGroup}, and what their listeners get. */
export interface ConnectionGroupEvents {
  /** A request became no WebSocket; it has been answered. */
  refused: [Refused];
}

/**
 * Connections that are counted, limited and ended together: give it to {@link upgrade} and
 * {@link acceptConnect} as `group`. A server of {@link createServer} has all this itself.
 *
 * @example
 * const group = new ConnectionGroup({ maxConnections: 10_000 });
 * http.on('upgrade', (request, socket, head) => upgrade(request, socket, head, { group }));
 * process.once('SIGTERM', () => group.drain().then(() => http.close()));
 */
export class ConnectionGroup extends EventEmitter<ConnectionGroupEvents> {
  /** @throws TypeError or RangeError for wrong options */
  constructor(options?: ConnectionGroupOptions);
  /** Those that are open, until `closed` has run. Not to be changed. */
  readonly connections: ReadonlySet<WebSocket>;
  /** `drain` was called. */
  readonly draining: boolean;
  /** How it is. It looks at each open connection, which for 10,000 takes a few milliseconds. */
  stats(): ServerStats;
  /**
   * Refuses what comes and what is under way with 503, closes what is open, and drops whoever is
   * left when the time is over. Further calls give the first one's promise.
   *
   * @returns kept when no connection is left, and at the latest after `timeout`
   * @throws TypeError or RangeError for wrong options
   */
  drain(options?: DrainOptions): Promise<void>;
}

/** What a server of {@link createServer} has beyond Node's. */
export interface ServerGroup<T extends WebSocket = WebSocket> {
  /** Those that are open, until `closed` has run. Not to be changed. */
  readonly connections: ReadonlySet<T>;
  /** How it is. It looks at each open connection, which for 10,000 takes a few milliseconds. */
  stats(): ServerStats;
  /**
   * Refuses what comes and what is under way with 503, closes what is open, drops whoever is left
   * when the time is over, and closes the server. Further calls give the first one's promise.
   *
   * @returns kept when the server is closed, and at the latest about after `timeout`
   * @throws TypeError or RangeError for wrong options
   *
   * @example
   * process.once('SIGTERM', () => server.drain({ spread: 5000 }));
   */
  drain(options?: DrainOptions): Promise<void>;
  /** A request became no WebSocket; it has been answered. */
  on(event: 'refused', listener: (refused: Refused) => void): this;
  /** A request became no WebSocket; it has been answered. */
  once(event: 'refused', listener: (refused: Refused) => void): this;
}

/**
 * What {@link createServer} gives: a `net.Server`, or a `tls.Server`, that knows its connections.
 * (Node's types still have `connections` as the number that Node has taken away.)
 */
export type WebSocketServer<T extends WebSocket = WebSocket> = ServerGroup<T> & Server;

/** What a server answers to a plain request. */
export interface PlainAnswer {
  /** 200 to 599. Default 200. */
  status?: number;
  /** Further headers; `Content-Type` unless it is text. */
  headers?: HandshakeHeaders;
  /** The body, which HEAD does not get. */
  body?: string | Uint8Array;
}

/** Options of {@link createServer}. They are judged at once. With `key` or `pfx` or `SNICallback` the server speaks TLS. */
export interface ServerOptions<T extends WebSocket = WebSocket>
  extends Omit<UpgradeOptions<T>, 'group'>,
    ConnectionGroupOptions,
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
  /**
   * Every connection begins with a PROXY header: true for proxies on this machine, or the
   * networks that they are in; see {@link proxyProtocol}. Default false.
   */
  proxyProtocol?: boolean | Networks;
  /**
   * A path at which GET and HEAD are answered with 200, for load balancers; with 503 once `drain`
   * was called. Default none.
   */
  health?: string;
  /**
   * Answers GET and HEAD, of HTTP/1.0 too, that ask for no WebSocket. Undefined: 426, as without
   * it. What it throws is printed, and the answer is 500.
   */
  request?: (
    request: ServerRequest,
  ) => PlainAnswer | undefined | Promise<PlainAnswer | undefined>;
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
): WebSocketServer<T>;
export function createServer(
  onWebSocket: (ws: WebSocket, request: ServerRequest) => void,
): WebSocketServer;

/**
 * Answers the `upgrade` event of an `http` or `https` server. `environ` of the connection is
 * the IncomingMessage, which gets `remoteAddress` and `remotePort` as a {@link ServerRequest} has
 * them. A request that a framework made up needs `method`, `url` and `headers`.
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
