// The built-in samples. All were recorded by scripts/generate/samples.mjs from this library.
import chat from '../../samples/chat.pcapng?url';
import compression from '../../samples/compression.pcapng?url';
import cutOff from '../../samples/cut-off.pcapng?url';
import failedHandshake from '../../samples/failed-handshake.pcapng?url';
import fragments from '../../samples/fragments.pcapng?url';
import subprotocols from '../../samples/subprotocols.pcapng?url';
import wrongText from '../../samples/wrong-text.pcapng?url';

export interface Sample {
  name: string;
  title: string;
  about: string;
  load: () => Promise<Uint8Array>;
}

const sample = (name: string, title: string, about: string, url: string): Sample => ({
  name,
  title,
  about,
  load: async () => {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    return new Uint8Array(await response.arrayBuffer());
  },
});

export const samples: Sample[] = [
  sample('chat', 'A chat', 'Two people and a server, heartbeats, a proper goodbye', chat),
  sample('fragments', 'Fragments', 'A message in pieces with a ping between them', fragments),
  sample('compression', 'Compression', 'permessage-deflate with a shared window', compression),
  sample(
    'subprotocols',
    'Subprotocols',
    'Socket.IO, STOMP, MQTT, GraphQL, SignalR, MessagePack, CBOR',
    subprotocols,
  ),
  sample(
    'wrong-text',
    'Bad UTF-8',
    'Text that stops being UTF-8, and the 1007 it earns',
    wrongText,
  ),
  sample(
    'failed-handshake',
    'A failed handshake',
    'Asked for the wrong version, turned away with 426',
    failedHandshake,
  ),
  sample('cut-off', 'An abrupt end', 'The connection breaks inside of a frame: 1006', cutOff),
];
