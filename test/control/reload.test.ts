import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import { broadcastReload } from '../../src/control/reload.js';
import { claimFolder, workerFolder } from '../../src/control/run-folder.js';
import { type Commands, listen } from '../../src/control/server.js';
import { EvlnetError } from '../../src/errors.js';
import { ownIdentity } from '../../src/linux/process.js';
import { scratch } from '../state/program.js';

const { folder: top, remove } = scratch();
afterAll(remove);

let root = '';
let state = '';
let count = 0;
let open: { end(): unknown }[] = [];
beforeEach(() => {
  root = join(top, String(++count), 'run');
  state = join(top, String(count), 'state.json');
  mkdirSync(root, { recursive: true });
  writeFileSync(state, '{}');
  open = [];
});
afterEach(async () => {
  for (const each of open.reverse()) await each.end();
});

const pid = ownIdentity().pid;
const claim = (device: string, file = state, netns?: number) => {
  const folder = workerFolder(root, device, netns);
  const { release } = claimFolder(folder, { ...ownIdentity(), device, state: file });
  open.push({ end: release });
  return folder;
};
const serve = async (folder: string, reload: Commands[string]) => {
  const server = await listen(folder, { reload });
  open.push({ end: () => server.close() });
};

test('asks every worker of the state file, in all namespaces, and no other', async () => {
  const asked: unknown[] = [];
  const answer = (name: string) => (request: Record<string, unknown>) => {
    asked.push([name, request.rev]);
    return { rev: request.rev };
  };
  await serve(claim('eth0'), answer('eth0'));
  await serve(claim('eth1', state, 7), answer('eth1'));
  await serve(claim('eth2', join(top, 'other.json')), answer('eth2'));
  expect(await broadcastReload(root, 5, state)).toEqual([
    { device: 'eth0', pid },
    { device: 'eth1', pid },
  ]);
  expect(asked.sort()).toEqual([
    ['eth0', 5],
    ['eth1', 5],
  ]);
});

test('knows the state file by its other name', async () => {
  const link = join(top, String(count), 'link.json');
  symlinkSync(state, link);
  await serve(claim('eth0', link), () => ({ rev: 5 }));
  expect(await broadcastReload(root, 5, state)).toEqual([{ device: 'eth0', pid }]);
});

test('is an empty list without workers, and does not ask the dead', async () => {
  expect(await broadcastReload(join(root, 'none'), 1, state)).toEqual([]);
  const folder = workerFolder(root, 'eth0');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'worker.json'),
    JSON.stringify({ ...ownIdentity(), startTime: 1, device: 'eth0', state }),
  );
  expect(await broadcastReload(root, 1, state)).toEqual([]);
});

test('tells which worker did not confirm, and waits for all together no longer than told', async () => {
  const never = () => new Promise(() => undefined);
  await serve(claim('eth0'), never);
  await serve(claim('eth1'), () => ({ rev: 4 }));
  await serve(claim('eth2'), () => {
    throw new Error('oops');
  });
  await serve(claim('eth3'), () => ({ rev: 6 }));
  await serve(claim('eth4'), never);
  claim('eth5');
  const start = performance.now();
  const answers = await broadcastReload(root, 5, state, 500);
  // The silent ones one after the other would take twice as long.
  expect(performance.now() - start).toBeLessThan(1000);
  expect(answers.map(({ device, error }) => [device, error?.code])).toEqual([
    ['eth0', 'EVL_WORKER_SILENT'],
    ['eth1', 'EVL_WORKER_BEHIND'],
    ['eth2', 'EVL_INTERNAL'],
    ['eth3', undefined],
    ['eth4', 'EVL_WORKER_SILENT'],
    ['eth5', 'EVL_NO_WORKER'],
  ]);
});

test('waits for the socket of a worker that is starting', async () => {
  const folder = claim('eth0');
  const answer = broadcastReload(root, 5, state);
  await new Promise((done) => setImmediate(done));
  await serve(folder, () => ({ rev: 5 }));
  expect(await answer).toEqual([{ device: 'eth0', pid }]);
});

test('a worker that says that it ends, or ends meanwhile, is none, though its process lives', async () => {
  await serve(claim('eth0'), () => {
    throw new EvlnetError('EVL_WORKER_GONE', 'Cannot follow: the worker is about to end');
  });
  // Ended: the folder is free, and then the next worker's, of the same process.
  const folder = claim('eth1');
  const answer = broadcastReload(root, 5, state, 2000);
  const start = performance.now();
  await new Promise((done) => setTimeout(done, 50));
  open.pop()!.end();
  claim('eth1');
  expect(folder).toBe(workerFolder(root, 'eth1'));
  expect(await answer).toEqual([]);
  expect(performance.now() - start).toBeLessThan(1000);
});
