import names = require('./ws.names.cjs');
declare class WebSocket extends names.WebSocket {}
declare namespace WebSocket {
  export import BufferLike = names.BufferLike;
  export import AnyListener = names.AnyListener;
  export import WebSocketEvents = names.WebSocketEvents;
  export import WebSocket = names.WebSocket;
  export import WebSocketServerEvents = names.WebSocketServerEvents;
  export import WebSocketServer = names.WebSocketServer;
  export import createWebSocketStream = names.createWebSocketStream;
  export import RawData = names.RawData;
  export import Data = names.Data;
  export import ClientOptions = names.ClientOptions;
  export import ServerOptions = names.ServerOptions;
  export import PerMessageDeflateOptions = names.PerMessageDeflateOptions;
  export import VerifyClientCallbackSync = names.VerifyClientCallbackSync;
  export import VerifyClientCallbackAsync = names.VerifyClientCallbackAsync;
  export import AddressInfo = names.AddressInfo;
  export import Event = names.Event;
  export import ErrorEvent = names.ErrorEvent;
  export import CloseEvent = names.CloseEvent;
  export import MessageEvent = names.MessageEvent;
  export import Server = names.WebSocketServer;
}
export = WebSocket;
