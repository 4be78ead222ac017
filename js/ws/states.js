// The states of a WebSocket, as browsers number them.
export const STATES = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'];
export const CONNECTING = 0;
export const OPEN = 1;
export const CLOSING = 2;
export const CLOSED = 3;
