import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mapPresentFile } from '../../src/linux/mapped-file.js';
import { unmap } from '../../src/linux/memory.js';
import { SocketPage } from '../../src/memory/socket-page.js';
import type { BellEnd } from '../../src/worker/bell-end.js';
import type { DriverTimes } from '../../src/worker/driver-times.js';
import type { OutOfBandSide } from '../../src/worker/out-of-band-side.js';
import type { PortSetup } from '../../src/worker/shared.js';
import { type OpenedSocket, Sockets } from '../../src/worker/sockets.js';

const folder = mkdtempSync(join(tmpdir(), 'evlnet-sockets-'));
let answer = async () => {};
const stage = new Float64Array(2000);
const outOfBand = {
  sharesMemory: true,
  counters: { stages: [stage, stage, stage, stage, stage, stage, stage, stage] },
  services: { udpPort: () => 0 },
  command: () => answer(),
} as unknown as OutOfBandSide;
const times = { want: async () => {}, release: async () => {} } as unknown as DriverTimes;
let ports: PortSetup[] = [];
let sockets: Sockets;

beforeAll(() => {
  sockets = new Sockets(outOfBand, { file: '', wake: '' } as BellEnd, times, folder, () => ports);
});
afterAll(() => {
  sockets.end();
  rmSync(folder, { recursive: true });
});

/** A program that writes random words over all that it shares. */
function scribble({ memory, length }: OpenedSocket): void {
  const mapping = mapPresentFile(memory, length);
  new Int32Array(mapping.buffer).fill(0x7fef_0001);
  unmap(mapping);
}

test('what a broken program writes into its socket is no trouble for the others', async () => {
  const port = { ifname: 'eth0.42', vid: 42, modules: [], udpEcho: [], addresses: [], routes: [] };
  ports = [port as unknown as PortSetup];
  const wish = { ethertype: 3, ifname: 'eth0.42' };
  const broken = await sockets.open(wish, 4096, 4096);
  const whole = await sockets.open(wish, 4096, 4096);
  const datagrams = await sockets.open(
    { address: 0, udpPort: 0, ifname: undefined, reusesAddress: false },
    4096,
    4096,
  );
  scribble(broken);
  scribble(datagrams);
  sockets.publish();
  expect(stage.every((n) => n <= Number.MAX_SAFE_INTEGER)).toBe(true);
  await expect(sockets.connect(datagrams.id, 0, 0)).resolves.toMatchObject({ peerPort: 0 });
  ports = [];
  sockets.followPorts(() => {});
  const mapping = mapPresentFile(whole.memory, whole.length);
  expect(new SocketPage(mapping.buffer).takeFault()).toBe(100);
  unmap(mapping);
  for (const { id } of [broken, whole, datagrams]) await sockets.close(id);
  expect([sockets.size, readdirSync(join(folder, 'sockets'))]).toEqual([0, []]);
});

test('of two changes of addresses the last one holds, whichever is answered first', async () => {
  const network = { network: 0, prefix: 0, source: 1, metric: 0 };
  const port = { ifname: 'eth0.42', vid: 42, modules: [], udpEcho: [], addresses: [], routes: [network] };
  ports = [port as unknown as PortSetup];
  const { id } = await sockets.open(
    { address: 0, udpPort: 0, ifname: undefined, reusesAddress: false },
    4096,
    4096,
  );
  await sockets.connect(id, 2, 2);
  let slow = 3;
  answer = async () => {
    for (let left = slow--; left > 0; left--) await new Promise(setImmediate);
  };
  const order: number[] = [];
  const change = (peerPort: number) => sockets.connect(id, 2, peerPort).then((b) => order.push(b.peerPort));
  await Promise.all([change(0), change(3), change(0), change(4)]);
  answer = async () => {};
  expect(order).toEqual([0, 3, 0, 4]);
  await sockets.close(id);
});
