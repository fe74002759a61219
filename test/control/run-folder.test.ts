import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  claimFolder,
  listWorkers,
  netnsInode,
  runRoot,
  type WorkerIdentity,
  workerFolder,
} from '../../src/control/run-folder.js';
import { ownIdentity } from '../../src/linux/process.js';
import { compile, scratch, start } from '../state/program.js';

const { folder: top, remove } = scratch();
const program = join(top, 'program');
beforeAll(() => {
  compile(
    program,
    'src/errors.ts',
    'src/linux/process.ts',
    'src/linux/claim.ts',
    'src/linux/file-error.ts',
    'src/control/run-folder.ts',
  );
});
afterAll(remove);

let root = '';
let folder = '';
let count = 0;
beforeEach(() => {
  root = join(top, `run${++count}`);
  folder = workerFolder(root, 'eth0');
});

const us = (): WorkerIdentity => ({ ...ownIdentity(), device: 'eth0', state: '/s.json' });
/** What a killed worker leaves. */
const died = (other: Partial<WorkerIdentity> = {}) => {
  mkdirSync(folder, { recursive: true });
  const identity = { ...us(), startTime: 1, ...other };
  writeFileSync(join(folder, 'worker.json'), JSON.stringify(identity));
  for (const name of ['control.sock', 'stats', 'changes.json']) writeFileSync(join(folder, name), name);
  return identity;
};

test('runRoot is /run/evlnet, or beside a state file that was named', () => {
  expect(runRoot({ file: '/var/lib/evlnet/state.json', explicit: false })).toBe('/run/evlnet');
  expect(runRoot({ file: '/home/me/lab/state.json', explicit: true })).toBe('/home/me/lab/run');
});

describe('workerFolder', () => {
  test('is named by namespace and device', () => {
    expect(workerFolder('/r', 'eth0', 7)).toBe('/r/7/eth0');
    expect(workerFolder('/r', 'eth0')).toBe(`/r/${netnsInode()}/eth0`);
    expect(netnsInode()).toBe(statSync('/proc/self/ns/net').ino);
  });

  test.each(['', '.', '..', 'a/b', 'a b'])('refuses %j', (device) => {
    expect(() => workerFolder('/r', device)).toThrow(`Cannot find device "${device}"`);
  });
});

describe('claimFolder', () => {
  test('says who we are, to everybody, and is gone after release', () => {
    const umask = process.umask(0o077);
    const claim = claimFolder(folder, us());
    process.umask(umask);
    expect(claim.previous).toBeUndefined();
    expect(JSON.parse(readFileSync(join(folder, 'worker.json'), 'utf8'))).toMatchObject(us());
    expect(statSync(folder).mode & 0o777).toBe(0o755);
    expect(listWorkers(root)).toEqual([
      { device: 'eth0', folder, netns: netnsInode(), identity: us(), nonce: expect.any(String), alive: true },
    ]);
    writeFileSync(join(folder, 'stats'), '');
    claim.release();
    claim.release();
    expect(readdirSync(root)).toEqual([]);
  });

  test('beside a state file: `run` goes too, unless it is empty no more or others may write there', () => {
    const identity = { ...us(), state: join(top, `beside${count}`, 'state.json') };
    const beside = runRoot({ file: identity.state, explicit: true });
    const one = workerFolder(beside, 'eth0');
    claimFolder(one, identity).release();
    expect(existsSync(beside)).toBe(false);
    const [first, second] = [one, workerFolder(beside, 'eth1')].map((f) => claimFolder(f, identity));
    first!.release();
    expect(existsSync(beside)).toBe(true);
    second!.release();
    expect(existsSync(beside)).toBe(false);
    mkdirSync(beside, { recursive: true });
    chmodSync(beside, 0o1777);
    claimFolder(one, identity).release();
    expect(readdirSync(beside)).toEqual([]);
  });

  test('leaves changes.json that could not be undone', () => {
    const claim = claimFolder(folder, us());
    writeFileSync(join(folder, 'changes.json'), '{}');
    claim.release();
    expect(readdirSync(folder)).toEqual(['changes.json']);
    expect(listWorkers(root)).toEqual([]);
  });

  test('keeps other devices of the namespace', () => {
    const one = claimFolder(folder, us());
    const other = claimFolder(workerFolder(root, 'eth1'), { ...us(), device: 'eth1' });
    one.release();
    expect(listWorkers(root).map((worker) => worker.device)).toEqual(['eth1']);
    other.release();
  });

  test('names the live worker', async () => {
    const child = start(
      program,
      'worker',
      `
        import { claimFolder } from './control/run-folder.js';
        import { ownIdentity } from './linux/process.js';
        claimFolder(process.argv[2], { ...ownIdentity(), device: 'eth0', state: '/s.json' });
        console.log('ready');
        setInterval(() => {}, 1000);
      `,
      folder,
    );
    await child.ready;
    try {
      expect(() => claimFolder(folder, us())).toThrow(
        expect.objectContaining({
          code: 'EVL_WORKER_RUNNING',
          exit: 2,
          message: `Cannot become the worker of "eth0": process ${child.child.pid} already is`,
        }),
      );
      expect(listWorkers(root)).toMatchObject([{ alive: true, identity: { pid: child.child.pid } }]);
    } finally {
      child.child.kill('SIGKILL');
      await child.ended;
    }
    expect(listWorkers(root)).toMatchObject([{ alive: false, identity: { pid: child.child.pid } }]);
    const claim = claimFolder(folder, us());
    expect(claim.previous?.pid).toBe(child.child.pid);
    claim.release();
  });

  test('takes over from the dead: removes the socket, keeps what is to be undone', () => {
    const identity = died();
    const claim = claimFolder(folder, us());
    expect(claim.previous).toEqual(identity);
    expect(readdirSync(folder).sort()).toEqual(['changes.json', 'worker.json']);
  });

  test('forgets changes that a reboot has undone', () => {
    died({ bootId: 'another' });
    claimFolder(folder, us());
    expect(readdirSync(folder)).toEqual(['worker.json']);
  });

  test('does not release the folder of a successor', () => {
    const claim = claimFolder(folder, us());
    died({ startTime: us().startTime });
    claim.release();
    expect(readdirSync(folder).sort()).toEqual(['changes.json', 'control.sock', 'stats', 'worker.json']);
  });

  test('of 8 processes at once lets exactly one have the folder of a dead worker', async () => {
    died();
    const go = join(root, 'go');
    const text = `
      import { existsSync } from 'node:fs';
      import { claimFolder } from './control/run-folder.js';
      import { ownIdentity } from './linux/process.js';
      const [, , folder, go] = process.argv;
      console.log('ready');
      const end = Date.now() + 20_000;
      while (!existsSync(go)) if (Date.now() > end) process.exit(1);
      try {
        claimFolder(folder, { ...ownIdentity(), device: 'eth0', state: '/s.json' });
        console.log('won', process.pid);
      } catch ({ code, message }) {
        console.log(code, /process (\\d+)/.exec(message)?.[1]);
      }
      // Alive until all have tried, or the next would rightly take over.
      process.stdin.on('end', () => process.exit(0)).resume();
    `;
    const children = Array.from({ length: 8 }, () => start(program, 'races', text, folder, go));
    await Promise.all(children.map((child) => child.ready));
    writeFileSync(go, '');
    await Promise.all(children.map((child) => child.lines(2)));
    for (const { child } of children) child.stdin.end();
    const ended = await Promise.all(children.map((child) => child.ended));
    const winners = ended.filter(({ stdout }) => stdout.includes('won'));
    expect(winners).toHaveLength(1);
    const losers = ended.filter((child) => child !== winners[0]);
    expect(losers.map(({ stdout }) => stdout)).toEqual(
      Array(7).fill(`ready\nEVL_WORKER_RUNNING ${winners[0]!.pid}\n`),
    );
    expect(readdirSync(folder).sort()).toEqual(['changes.json', 'worker.json']);
  }, 40_000);
});

describe('listWorkers', () => {
  test('is empty without a folder', () => {
    expect(listWorkers(join(root, 'none'))).toEqual([]);
  });

  test('finds those of all namespaces and passes over what is not a worker', () => {
    const here = claimFolder(workerFolder(root, 'eth0', 11), us());
    const there = claimFolder(workerFolder(root, 'eth0', 7), us());
    mkdirSync(join(root, '7', 'empty'));
    mkdirSync(join(root, 'not-a-number', 'eth0'), { recursive: true });
    mkdirSync(join(root, '7', 'broken'));
    writeFileSync(join(root, '7', 'broken', 'worker.json'), '{');
    writeFileSync(join(root, '7', 'file'), '');
    expect(listWorkers(root).map(({ netns, device }) => `${netns}/${device}`)).toEqual(['11/eth0', '7/eth0']);
    here.release();
    there.release();
    expect(existsSync(join(root, '11'))).toBe(false);
  });
});
