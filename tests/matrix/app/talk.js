// @ts-nocheck: what the events are is not told apart here
// A small conversation, the same everywhere, with what the import gave.

/** What `talk` gives where everything works. */
export const expected = [
  'permessage-deflate',
  'text Hello, 世界 😀',
  'binary 70000 bytes',
  'ping ?',
  'close 3000 done',
  '818bbe04e66ad6618a06d1249105cc6882',
];

/** @param {typeof import('ws4wasm')} ws4wasm or the part of it that is used here */
export function talk({ ClientHandshake, Frame, ServerHandshake, Stream }) {
  const asking = new ClientHandshake('ws://localhost/', { deflate: true });
  const answer = new ServerHandshake({ deflate: true }).receive(asking.request);
  const { deflate, extensions } = asking.receive(answer.reply);
  const server = new Stream({ role: 'server', deflate: answer.deflate });
  const client = new Stream({ role: 'client', deflate });
  const said = [extensions[0].split(';')[0]];

  for (const data of ['Hello, 世界 😀', new Uint8Array(70_000).fill(7)]) {
    const [message] = server.receive(client.encode(data));
    const [echo] = client.receive(server.encode(message.data));
    const what = typeof echo.data === 'string' ? echo.data : `${echo.length} bytes`;
    said.push(`${echo.type} ${what}`);
  }
  const [ping] = server.receive(client.ping('?'));
  const [close] = server.receive(client.close(3000, 'done').single(true));
  said.push(`${ping.type} ${ping}`, `${close.type} ${close.code} ${close.reason}`);

  const maskingKey = Uint8Array.of(0xbe, 0x04, 0xe6, 0x6a);
  const body = new TextEncoder().encode('hello world');
  const frame = new Frame({ opcode: 1, body, maskingKey, fin: true }).build();
  said.push(Array.from(frame, (byte) => byte.toString(16).padStart(2, '0')).join(''));
  return said;
}
