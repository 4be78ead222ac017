// What a stream gives: `switch (event.type)` narrows, and forgets no event.
import {
  type BinaryMessage,
  type Bytes,
  type CloseControlMessage,
  type FragmentEvent,
  type PingControlMessage,
  type PongControlMessage,
  Stream,
  type StreamEvent,
  type TextMessage,
  type WebSocketException,
} from 'ws4wasm';

/** Equal, not just assignable. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>) => undefined;

const stream = new Stream();
const events: StreamEvent[] = stream.receive(new Uint8Array(2));

for (const event of events) {
  switch (event.type) {
    case 'text':
      same<typeof event, TextMessage>(true);
      same<typeof event.data, string>(true);
      same<typeof event.isText, true>(true);
      break;
    case 'binary':
      same<typeof event, BinaryMessage>(true);
      same<typeof event.data, Uint8Array<ArrayBuffer>>(true);
      // @ts-expect-error: bytes are not a string
      event.data.charCodeAt(0);
      break;
    case 'close':
      same<typeof event, CloseControlMessage>(true);
      same<typeof event.code, number>(true);
      same<typeof event.reason, string>(true);
      break;
    case 'ping':
      same<typeof event, PingControlMessage>(true);
      stream.pong(event.data);
      break;
    case 'pong':
      same<typeof event, PongControlMessage>(true);
      break;
    case 'error': {
      const error: WebSocketException = event.error;
      const close: CloseControlMessage = event.close;
      const bytes: Uint8Array = close.single();
      void [error.code, bytes];
      // @ts-expect-error: an error has no data
      void event.data;
      if ('index' in event.error) same<typeof event.error.index, number | undefined>(true);
      break;
    }
    case 'fragment':
      same<typeof event, FragmentEvent>(true);
      if (event.kind === 'text') same<typeof event.data, string>(true);
      else same<typeof event.data, Uint8Array<ArrayBuffer>>(true);
      same<typeof event.first, boolean>(true);
      break;
    case 'frame':
      same<typeof event.maskingKey, Uint8Array<ArrayBuffer> | undefined>(true);
      same<typeof event.payloadLength, number>(true);
      // @ts-expect-error: events are not to be changed
      event.fin = false;
      break;
    default:
      same<typeof event, never>(true);
  }
  // @ts-expect-error: not every event has data
  void event.data;
}

// @ts-expect-error: there is no such event
void events.filter((event) => event.type === 'message');

const generator = stream.receiver();
const { value } = generator.next();
const wanted: number = typeof value === 'number' ? value : 0;
void generator.next(new ArrayBuffer(1));
// @ts-expect-error: a string is not bytes
void generator.next('abc');
const next: number = stream.parser.send(new Uint8Array(1));
void [wanted, next];

same<typeof stream.message, TextMessage | BinaryMessage | null>(true);
stream.message = null;
// @ts-expect-error: null moves on; nothing else can be set
stream.message = stream.textMessage('a');
// @ts-expect-error: read only
stream.hasMessage = true;
same<typeof stream.closing, CloseControlMessage | null>(true);
same<Bytes, Uint8Array | ArrayBuffer>(true);
