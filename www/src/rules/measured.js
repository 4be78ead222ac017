// Made by tests/inspect/peers-on-rules.mjs; see there.

/** @type {import('./types.js').Measurements} */
export const measured = {
  date: '2026-11-30',
  versions: {
    chrome: 'Chromium 148.0.7778.167',
    firefox: 'Firefox 140.10.2',
    undici: 'undici 7.29.1 in Node 24.21.0',
    ws: 'ws 8.23.0',
    nginx: 'nginx 1.22.1',
  },
  rules: {
    ReservedBits: {
      wsServer: {
        did: 'closed',
        close: 1002,
      },
      chrome: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      firefox: {
        did: 'ended',
        event: 1006,
      },
      undici: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      ws: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    ReservedOpcode: {
      wsServer: {
        did: 'closed',
        close: 1002,
      },
      chrome: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      firefox: {
        did: 'ended',
        event: 1006,
      },
      undici: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      ws: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    FragmentedControl: {
      wsServer: {
        did: 'closed',
        close: 1002,
      },
      chrome: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      firefox: {
        did: 'ended',
        event: 1006,
      },
      undici: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      ws: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    ControlTooLong: {
      wsServer: {
        did: 'closed',
        close: 1002,
      },
      chrome: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      firefox: {
        did: 'ended',
        event: 1006,
      },
      undici: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      ws: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    NonMinimalLength: {
      wsServer: {
        did: 'accepted',
      },
      chrome: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      firefox: {
        did: 'ended',
        event: 1006,
      },
      undici: {
        did: 'accepted',
        event: 1006,
        messages: 1,
      },
      ws: {
        did: 'accepted',
        event: 1006,
        messages: 1,
      },
      nginx: {
        did: 'passed',
      },
    },
    LengthTopBit: {
      wsServer: {
        did: 'closed',
        close: 1009,
      },
      chrome: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      firefox: {
        did: 'ended',
        event: 1006,
      },
      undici: {
        did: 'closed',
        close: 1009,
        event: 1006,
      },
      ws: {
        did: 'closed',
        close: 1009,
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    MaskMissing: {
      wsServer: {
        did: 'closed',
        close: 1002,
      },
      nginx: {
        did: 'passed',
      },
    },
    MaskForbidden: {
      chrome: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      firefox: {
        did: 'accepted',
        event: 1006,
        messages: 1,
      },
      undici: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      ws: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    UnexpectedContinuation: {
      wsServer: {
        did: 'closed',
        close: 1002,
      },
      chrome: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      firefox: {
        did: 'ended',
        event: 1006,
      },
      undici: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      ws: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    ExpectedContinuation: {
      wsServer: {
        did: 'closed',
        close: 1002,
      },
      chrome: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      firefox: {
        did: 'ended',
        event: 1006,
      },
      undici: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      ws: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    AfterClose: {
      wsServer: {
        did: 'closed',
        close: 1000,
      },
      chrome: {
        did: 'closed',
        close: 1000,
        event: 1006,
      },
      firefox: {
        did: 'closed',
        close: 1000,
        event: 1000,
      },
      undici: {
        did: 'closed',
        close: 1000,
        event: 1000,
      },
      ws: {
        did: 'closed',
        close: 1000,
        event: 1000,
      },
      nginx: {
        did: 'passed',
      },
    },
    CloseBodyTooShort: {
      wsServer: {
        did: 'closed',
        close: 1002,
      },
      chrome: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      firefox: {
        did: 'closed',
        close: 1005,
        event: 1005,
      },
      undici: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      ws: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    CloseCode: {
      wsServer: {
        did: 'closed',
        close: 1002,
      },
      chrome: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      firefox: {
        did: 'closed',
        close: 1005,
        event: 1005,
      },
      undici: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      ws: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    CloseReason: {
      wsServer: {
        did: 'closed',
        close: 1007,
      },
      chrome: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      firefox: {
        did: 'ended',
        event: 1006,
      },
      undici: {
        did: 'closed',
        close: 1007,
        event: 1006,
      },
      ws: {
        did: 'closed',
        close: 1007,
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    Text: {
      wsServer: {
        did: 'closed',
        close: 1007,
      },
      chrome: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      firefox: {
        did: 'ended',
        event: 1006,
      },
      undici: {
        did: 'closed',
        close: 1007,
        event: 1006,
      },
      ws: {
        did: 'closed',
        close: 1007,
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    EndInFrame: {
      wsServer: {
        did: 'ended',
      },
      chrome: {
        did: 'ended',
        event: 1006,
      },
      firefox: {
        did: 'ended',
        event: 1006,
      },
      undici: {
        did: 'ended',
        event: 1006,
      },
      ws: {
        did: 'ended',
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    Rsv1NotFirst: {
      wsServer: {
        did: 'closed',
        close: 1002,
      },
      chrome: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      firefox: {
        did: 'ended',
        event: 1006,
      },
      undici: {
        did: 'accepted',
        event: 1006,
        messages: 1,
      },
      ws: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    Inflate: {
      wsServer: {
        did: 'closed',
        close: 1007,
      },
      chrome: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      firefox: {
        did: 'ended',
        event: 1006,
      },
      undici: {
        did: 'closed',
        close: 1007,
        event: 1006,
      },
      ws: {
        did: 'closed',
        close: 1007,
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    FrameTooLarge: {
      wsServer: {
        did: 'closed',
        close: 1009,
      },
      chrome: {
        did: 'ended',
        event: 1006,
      },
      firefox: {
        did: 'ended',
        event: 1006,
      },
      undici: {
        did: 'closed',
        close: 1009,
        event: 1006,
      },
      ws: {
        did: 'closed',
        close: 1009,
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    MessageTooLarge: {
      wsServer: {
        did: 'closed',
        close: 1009,
      },
      chrome: {
        did: 'ended',
        event: 1006,
      },
      firefox: {
        did: 'ended',
        event: 1006,
      },
      undici: {
        did: 'closed',
        close: 1009,
        event: 1006,
      },
      ws: {
        did: 'closed',
        close: 1009,
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    TooManyFragments: {
      wsServer: {
        did: 'closed',
        close: 1008,
      },
      chrome: {
        did: 'accepted',
        event: 1006,
        messages: 1,
      },
      firefox: {
        did: 'accepted',
        event: 1006,
        messages: 1,
      },
      undici: {
        did: 'closed',
        close: 1008,
        event: 1006,
      },
      ws: {
        did: 'closed',
        close: 1008,
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    PongUnmatched: {
      wsServer: {
        did: 'accepted',
      },
      chrome: {
        did: 'accepted',
        event: 1006,
      },
      firefox: {
        did: 'accepted',
        event: 1006,
      },
      undici: {
        did: 'accepted',
        event: 1006,
      },
      ws: {
        did: 'accepted',
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    MaskRepeated: {
      wsServer: {
        did: 'accepted',
      },
      nginx: {
        did: 'passed',
      },
    },
    NoClose: {
      wsServer: {
        did: 'ended',
      },
      chrome: {
        did: 'ended',
        event: 1006,
        messages: 1,
      },
      firefox: {
        did: 'ended',
        event: 1006,
        messages: 1,
      },
      undici: {
        did: 'ended',
        event: 1006,
        messages: 1,
      },
      ws: {
        did: 'ended',
        event: 1006,
        messages: 1,
      },
      nginx: {
        did: 'passed',
      },
    },
    FramingLost: {
      wsServer: {
        did: 'closed',
        close: 1002,
      },
      chrome: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      firefox: {
        did: 'waits',
        event: 1006,
      },
      undici: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      ws: {
        did: 'closed',
        close: 1002,
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    RequestMalformed: {
      wsServer: {
        did: 'refused',
        status: 400,
      },
      nginx: {
        did: 'refused',
        status: 400,
      },
    },
    RequestMethod: {
      wsServer: {
        did: 'refused',
        status: 405,
      },
      nginx: {
        did: 'passed',
      },
    },
    RequestVersion: {
      wsServer: {
        did: 'accepted',
      },
      nginx: {
        did: 'passed',
      },
    },
    RequestTarget: {
      wsServer: {
        did: 'refused',
        status: 400,
      },
      nginx: {
        did: 'refused',
        status: 400,
      },
    },
    RequestHost: {
      wsServer: {
        did: 'accepted',
      },
      nginx: {
        did: 'refused',
        status: 400,
      },
    },
    RequestUpgrade: {
      wsServer: {
        did: 'refused',
        status: 400,
      },
      nginx: {
        did: 'passed',
      },
    },
    RequestConnection: {
      wsServer: {
        did: 'refused',
        status: 426,
      },
      nginx: {
        did: 'passed',
      },
    },
    RequestBody: {
      wsServer: {
        did: 'accepted',
      },
      nginx: {
        did: 'passed',
      },
    },
    RequestWsVersion: {
      wsServer: {
        did: 'accepted',
      },
      nginx: {
        did: 'passed',
      },
    },
    RequestKey: {
      wsServer: {
        did: 'refused',
        status: 400,
      },
      nginx: {
        did: 'passed',
      },
    },
    RequestOrigin: {
      wsServer: {
        did: 'accepted',
      },
      nginx: {
        did: 'passed',
      },
    },
    RequestProtocols: {
      wsServer: {
        did: 'refused',
        status: 400,
      },
      nginx: {
        did: 'passed',
      },
    },
    RequestExtensions: {
      wsServer: {
        did: 'refused',
        status: 400,
      },
      nginx: {
        did: 'passed',
      },
    },
    DeflateOffer: {
      wsServer: {
        did: 'refused',
        status: 400,
      },
      nginx: {
        did: 'passed',
      },
    },
    EarlyData: {
      wsServer: {
        did: 'accepted',
      },
      nginx: {
        did: 'passed',
      },
    },
    ResponseMalformed: {
      chrome: {
        did: 'accepted',
      },
      firefox: {
        did: 'accepted',
      },
      undici: {
        did: 'refused',
        event: 1006,
      },
      ws: {
        did: 'refused',
        event: 1006,
      },
      nginx: {
        did: 'refused',
        status: 502,
      },
    },
    ResponseStatus: {
      chrome: {
        did: 'refused',
        event: 1006,
      },
      firefox: {
        did: 'refused',
        event: 1006,
      },
      undici: {
        did: 'refused',
        event: 1006,
      },
      ws: {
        did: 'refused',
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    ResponseVersion: {
      chrome: {
        did: 'accepted',
      },
      firefox: {
        did: 'refused',
        event: 1006,
      },
      undici: {
        did: 'accepted',
      },
      ws: {
        did: 'accepted',
      },
      nginx: {
        did: 'passed',
      },
    },
    ResponseUpgrade: {
      chrome: {
        did: 'refused',
        event: 1006,
      },
      firefox: {
        did: 'refused',
        event: 1006,
      },
      undici: {
        did: 'refused',
        event: 1006,
      },
      ws: {
        did: 'refused',
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    ResponseConnection: {
      chrome: {
        did: 'refused',
        event: 1006,
      },
      firefox: {
        did: 'refused',
        event: 1006,
      },
      undici: {
        did: 'refused',
        event: 1006,
      },
      ws: {
        did: 'refused',
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    ResponseAccept: {
      chrome: {
        did: 'refused',
        event: 1006,
      },
      firefox: {
        did: 'refused',
        event: 1006,
      },
      undici: {
        did: 'refused',
        event: 1006,
      },
      ws: {
        did: 'refused',
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    ResponseExtensions: {
      chrome: {
        did: 'refused',
        event: 1006,
      },
      firefox: {
        did: 'refused',
        event: 1006,
      },
      undici: {
        did: 'refused',
        event: 1006,
      },
      ws: {
        did: 'refused',
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    ResponseProtocol: {
      chrome: {
        did: 'refused',
        event: 1006,
      },
      firefox: {
        did: 'accepted',
      },
      undici: {
        did: 'refused',
        event: 1006,
      },
      ws: {
        did: 'refused',
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    DeflateAnswer: {
      chrome: {
        did: 'refused',
        event: 1006,
      },
      firefox: {
        did: 'refused',
        event: 1006,
      },
      undici: {
        did: 'accepted',
      },
      ws: {
        did: 'refused',
        event: 1006,
      },
      nginx: {
        did: 'passed',
      },
    },
    ConnectNotEnabled: {
      chrome: {
        did: 'http1',
      },
      firefox: {
        did: 'http1',
      },
      undici: {
        did: 'http1',
      },
      ws: {
        did: 'http1',
      },
      wsServer: {
        did: 'refused',
        status: 400,
      },
      nginx: {
        did: 'refused',
        status: 400,
      },
    },
    ConnectSetting: {
      chrome: {
        did: 'http1',
      },
      firefox: {
        did: 'accepted',
      },
      undici: {
        did: 'http1',
      },
      ws: {
        did: 'http1',
      },
    },
    ConnectKey: {
      chrome: {
        did: 'accepted',
      },
      firefox: {
        did: 'accepted',
      },
      undici: {
        did: 'http1',
      },
      ws: {
        did: 'http1',
      },
      wsServer: {
        did: 'refused',
        status: 400,
      },
      nginx: {
        did: 'refused',
        status: 400,
      },
    },
    ConnectStatus: {
      chrome: {
        did: 'refused',
        event: 1006,
      },
      firefox: {
        did: 'refused',
        event: 1006,
      },
      undici: {
        did: 'http1',
      },
      ws: {
        did: 'http1',
      },
    },
    ConnectRequest: {
      wsServer: {
        did: 'refused',
        status: 400,
      },
      nginx: {
        did: 'refused',
        status: 400,
      },
    },
    ConnectScheme: {
      wsServer: {
        did: 'refused',
        status: 400,
      },
      nginx: {
        did: 'refused',
        status: 400,
      },
    },
    ConnectFields: {
      wsServer: {
        did: 'refused',
        status: 400,
      },
    },
  },
};
