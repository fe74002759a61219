import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { createSocket } from '../../src/socket/create-socket.js';
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
