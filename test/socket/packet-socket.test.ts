import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { MessageFlag } from '../../src/memory/message-ring.js';
import { type FrameOptions, outgoingFrame } from '../../src/socket/frame-arguments.js';
import { createPacketSocket, type PacketSocketOptions } from '../../src/socket/packet-socket.js';

const folder = mkdtempSync(join(tmpdir(), 'evlnet-packet-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PEER = '02:fc:00:00:00:02';
const ETHERCAT = 0x88a4;
/** A socket where no port is enabled. */
const socket = (options: PacketSocketOptions = {}) =>
  createPacketSocket({ state: join(folder, 'state.json'), ...options });
const codeOf = (act: () => unknown): string | undefined => {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
};
const next = (emitter: ReturnType<typeof socket>, event: 'error' | 'close') =>
  new Promise<unknown>((resolve) => emitter.once(event, resolve));

test('a frame goes as it is; of a payload the header is made, with the address of the port or another', () => {
  const frame = (payload: string, options: FrameOptions, protocol = 0) => {
    const { parts, length, port, flags, priority } = outgoingFrame(payload, options, protocol, undefined);
    return [Buffer.concat(parts).toString('hex'), length, port, flags, priority];
  };
  expect(frame('whole', {})).toEqual([Buffer.from('whole').toString('hex'), 5, 0, 0, 0]);
  expect(frame('', { destination: PEER, vid: 0, pcp: 0 }, ETHERCAT)).toEqual([
    '02fc00000002' + '000000000000' + '88a4',
    14,
    1,
    MessageFlag.OwnSource,
    1,
  ]);
  const given = { destination: PEER, source: '02:00:00:00:00:09', protocol: 0x8892, vid: 42, pcp: 6 };
  expect(frame('', given, ETHERCAT)).toEqual(['02fc00000002' + '020000000009' + '8892', 14, 43, 0, 7]);
});

test('arguments that are none are ERR_INVALID_ARG_TYPE', () => {
  const s = socket();
  const wrong: FrameOptions[] = [
    { vid: 4095 },
    { vid: -1 },
    { pcp: 8 },
    { destination: 'nobody', protocol: ETHERCAT },
    { destination: PEER, source: 'nobody', protocol: ETHERCAT },
    { destination: PEER, protocol: 0x1_0000 },
    // A socket for no one type has none to send.
    { destination: PEER },
  ];
  for (const options of wrong) expect(codeOf(() => s.send('x', options))).toBe('ERR_INVALID_ARG_TYPE');
  expect(codeOf(() => s.send(7 as never))).toBe('ERR_INVALID_ARG_TYPE');
  expect(codeOf(() => s.setPriority(8))).toBe('ERR_INVALID_ARG_TYPE');
  for (const protocol of [-1, 0x1_0000, 1.5, 'ipv4' as never])
    expect(codeOf(() => createPacketSocket({ protocol }))).toBe('ERR_INVALID_ARG_TYPE');
  s.close();
});

test('without a port it cannot be bound, says why and may be bound again', async () => {
  const s = socket();
  for (const [ifname, code] of [
    [undefined, 'EVL_NO_PORT'],
    ['eth0.42', 'ENODEV'],
  ] as const) {
    const failed = next(s, 'error');
    s.bind(ifname === undefined ? {} : { ifname });
    expect(codeOf(() => s.bind())).toBe('ERR_SOCKET_ALREADY_BOUND');
    expect(await failed).toMatchObject({ code, hint: expect.any(String) });
    if (code === 'ENODEV') expect(await failed).toMatchObject({ errno: -19, syscall: 'bind' });
    expect(codeOf(() => s.address())).toBe('EBADF');
  }
  s.close();
});

test('an AbortSignal closes it; nothing can be done with it then, and disposing of it is no error', async () => {
  const abort = new AbortController();
  const s = socket({ signal: abort.signal });
  const closed = next(s, 'close');
  abort.abort();
  await closed;
  for (const act of [
    () => s.bind(),
    () => s.send('x'),
    () => s.close(),
    () => s.address(),
    () => s.setPriority(1),
  ])
    expect(codeOf(act)).toBe('ERR_SOCKET_DGRAM_NOT_RUNNING');
  expect([s.receive(() => {}), s.statistics().received]).toEqual([0, 0]);
  await s[Symbol.asyncDispose]();
  const early = socket({ signal: abort.signal });
  await next(early, 'close');
});
