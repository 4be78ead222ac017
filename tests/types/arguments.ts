// What may be passed in, and what may not.
import {
  acceptKey,
  BinaryMessage,
  CloseControlMessage,
  Frame,
  HandshakeError,
  Message,
  type OPCODE_TEXT,
  PingControlMessage,
  ServerHandshake,
  type ServerHandshakeResult,
  Stream,
  StreamClosed,
  type StreamOptions,
  TextFrameEncodingException,
  TextMessage,
  UTF8_ACCEPT,
  UTF8VALIDATOR_DFA,
  Utf8Validator,
  type WebSocketException,
} from 'ws4wasm';

// Options.
new Stream();
new Stream({});
new Stream({ role: 'client', alwaysMask: true, expectMasking: false });
new Stream({ maxMessageSize: Infinity, maxFrameSize: undefined, maxFragments: 10 });
new Stream({ partial: true, frames: true, deflate: false });
const options: StreamOptions = {};
options.role = 'server';
// @ts-expect-error: no such role
new Stream({ role: 'proxy' });
// @ts-expect-error: a bigint is not a number
new Stream({ maxMessageSize: 1n });
// @ts-expect-error: no such option
new Stream({ maxPayload: 1 });
new Stream({ deflate: true });
new Stream({ deflate: { serverMaxWindowBits: 12, clientNoContextTakeover: true, level: 6 } });
// @ts-expect-error: true, false or options
new Stream({ deflate: 'permessage-deflate' });
// @ts-expect-error: no such option
new Stream({ deflate: { windowBits: 12 } });
// @ts-expect-error: the names are not those of the header
new Stream({ deflate: { server_max_window_bits: 12 } });

// Bytes.
const stream = new Stream();
stream.receive(Buffer.alloc(1));
stream.receive(new ArrayBuffer(1));
stream.receive(new Uint8Array(new SharedArrayBuffer(1)));
// @ts-expect-error: a string is not bytes
stream.receive('abc');
// @ts-expect-error: an array is not bytes
stream.receive([1, 2]);
// @ts-expect-error: another view is not bytes
stream.receive(new Uint16Array(1));
// @ts-expect-error: another view is not bytes
stream.receive(new DataView(new ArrayBuffer(1)));
// @ts-expect-error: bytes are needed
stream.receive();

// Sending.
const bytes: Uint8Array = stream.encode('text');
stream.encode(bytes, { binary: false, first: true, fin: false, compress: false });
// @ts-expect-error: fin is a boolean
stream.encode('text', { fin: 1 });
// @ts-expect-error: a message is not data
stream.encode(new TextMessage('text'));
// @ts-expect-error: a number is not text
stream.textMessage(5);
// @ts-expect-error: a string is not bytes
stream.binaryMessage('text');
const close: CloseControlMessage = stream.close(1000, 'done');
stream.close(null);
// @ts-expect-error: the code is a number
stream.close('1000');
const ping: Uint8Array = stream.ping('data');
const prepared: Uint8Array = stream.prepare(bytes);
void [close, ping, prepared];
stream.alwaysMask = true;
// @ts-expect-error: a boolean is needed
stream.expectMasking = 1;
{
  using scoped = new Stream();
  scoped.free();
}

// Messages.
const text = new TextMessage('text');
const data: string = text.data;
const type: 'text' = text.type;
const opcode: typeof OPCODE_TEXT = text.opcode;
void [data, type, opcode];
text.extend('more');
text.extend(bytes);
new BinaryMessage().extend(bytes);
// @ts-expect-error: a string is not bytes
new BinaryMessage().extend('more');
// @ts-expect-error: a string is not bytes
new BinaryMessage('bytes');
// @ts-expect-error: bytes are not a reason
new CloseControlMessage(1000).extend(bytes);
new PingControlMessage('ping');
new PingControlMessage(new Uint8Array(1));
const any: Message = new Message(1, 'text');
const single: Uint8Array = any.single(true);
const fragment: Uint8Array = any.fragment({ first: true, last: false, mask: true });
void [single, fragment];
// @ts-expect-error: no such option
any.fragment({ fin: true });
// @ts-expect-error: the type is what the class is
any.type = 'binary';

// Frames.
const frame = new Frame({ opcode: 1, body: 'text', fin: 1, rsv1: false });
frame.maskingKey = new Uint8Array(4);
frame.maskingKey = null;
const key: Uint8Array | undefined = frame.maskingKey;
const wanted: number | undefined = frame.parser.send(1);
void [key, wanted, frame.parser.rest, frame.mask(bytes)];
// @ts-expect-error: ws4py's names are camelCase here
new Frame({ masking_key: new Uint8Array(4) });
// @ts-expect-error: a bit is 0 or 1
frame.fin = 2;

// UTF-8.
const validator = new Utf8Validator();
const [valid, ends, current, total] = validator.validate(bytes);
const all: [boolean, boolean, number, number] = [valid, ends, current, total];
void all;
const accept: 0 = UTF8_ACCEPT;
void [accept, Utf8Validator.UTF8_REJECT, UTF8VALIDATOR_DFA[0]];
// @ts-expect-error: the table is not to be changed
UTF8VALIDATOR_DFA[0] = 1;
// @ts-expect-error: one byte, as a number
validator.decode(bytes);

// Exceptions.
const exception: WebSocketException = new TextFrameEncodingException('bad', 3);
const code: number = exception.code;
void code;
// @ts-expect-error: StreamClosed is no WebSocketException: it has no code
const wrong: WebSocketException = new StreamClosed();
void wrong;
const handshakeError = new HandshakeError('no', { status: 403 });
const status: number = handshakeError.status;
void [status, handshakeError.request?.headers.get('origin')];
// @ts-expect-error: a message is needed
new HandshakeError();

// The handshake.
const handshake = new ServerHandshake({
  selectProtocol: (offered, request) => (request.url === '/' ? offered[0] : undefined),
  headers: new Headers({ 'Set-Cookie': 'a=b' }),
  maxHeaderSize: 8192,
});
new ServerHandshake({ protocols: ['a', 'b'] as const, headers: { 'X-A': 'b' } });
new ServerHandshake({ headers: [['X-A', 'b']] });
// @ts-expect-error: a list is needed
new ServerHandshake({ protocols: 'chat' });
// @ts-expect-error: a header's value is a string
new ServerHandshake({ headers: { 'X-A': 1 } });
const outcome: ServerHandshakeResult | undefined = handshake.receive(bytes);
// @ts-expect-error: undefined until the request is complete
void outcome.reply;
if (outcome) stream.receive(outcome.rest);
const accepted: string = acceptKey('dGhlIHNhbXBsZSBub25jZQ==');
void accepted;
