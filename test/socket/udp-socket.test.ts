import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { createSocket } from '../../src/socket/create-socket.js';
import { createPacketSocket } from '../../src/socket/packet-socket.js';
import type { SocketOptions } from '../../src/socket/socket-options.js';

const folder = mkdtempSync(join(tmpdir(), 'evlnet-udp-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A socket where no port is enabled. */
const socket = (options: Partial<SocketOptions> = {}) =>
  createSocket({ type: 'udp4', state: join(folder, 'state.json'), ...options });
const thrown = (act: () => unknown): unknown => {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
};

test.each([
  ['UDP', socket],
  ['packet', createPacketSocket],
])('a %s socket is made with buffers of 0 to 67108864 octets, a signal and a time to poll', (_kind, make) => {
  for (const name of ['recvBufferSize', 'sendBufferSize']) {
    for (const size of [0, 2 ** 26]) make({ [name]: size }).close();
    for (const size of [-1, 1.5, 2 ** 26 + 1])
      expect(thrown(() => make({ [name]: size }))).toMatchObject({
        code: 'ERR_OUT_OF_RANGE',
        message: expect.stringMatching(new RegExp(`"options.${name}": .* 0 to 67108864`)),
      });
  }
  for (const wrong of [{ recvBufferSize: 'x' }, { sendBufferSize: null }, { signal: 5 }, { busyPoll: -1 }])
    expect(thrown(() => make(wrong as never))).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
});

test.each(['addSourceSpecificMembership', 'dropSourceSpecificMembership'] as const)(
  '%s is refused',
  (name) => {
    const s = socket();
    expect(thrown(() => s[name]('10.10.10.10', '232.1.1.1'))).toMatchObject({
      code: 'EOPNOTSUPP',
      errno: -95,
      syscall: name,
      hint: expect.any(String),
    });
    s.close();
  },
);

test('a descriptor of the kernel is refused', () => {
  const s = socket();
  expect(thrown(() => s.bind({ fd: 3 } as never))).toMatchObject({
    code: 'EOPNOTSUPP',
    errno: -95,
    syscall: 'bind',
    hint: expect.any(String),
  });
  s.close();
});
