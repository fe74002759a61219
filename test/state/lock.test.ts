import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { claimPath, readHolder } from '../../src/linux/claim.js';
import { ownIdentity } from '../../src/linux/process.js';
import { readState, updateState } from '../../src/state/file.js';
import { takeLock } from '../../src/state/lock.js';
import type { StateDocument } from '../../src/state/schema.js';
import { compile, run, scratch, start } from './program.js';

const { folder, remove } = scratch();
const program = join(folder, 'program');
beforeAll(() => {
  compile(
    program,
    'src/errors.ts',
    'src/linux/process.ts',
    'src/linux/claim.ts',
    'src/linux/file-error.ts',
    'src/state',
  );
});
afterAll(remove);

let files = 0;
const fresh = () => join(folder, `${++files}.json`);
const litter = (file: string) =>
  readdirSync(folder).filter((name) => name.startsWith(`${file.split('/').at(-1)}.`));

const HOLDS = `
  import { takeLock } from './state/lock.js';
  takeLock(process.argv[2]);
  console.log('held');
  setInterval(() => {}, 1000);
`;

describe('takeLock', () => {
  test('leaves no file behind once released', () => {
    const file = fresh();
    const lock = takeLock(file);
    expect(readHolder(`${file}.lock`)?.identity).toEqual(ownIdentity());
    expect(lock.isHeld()).toBe(true);
    lock.release();
    expect(litter(file)).toEqual([]);
    expect(lock.isHeld()).toBe(false);
  });

  test('refuses a second time in one process instead of waiting for itself', () => {
    const file = fresh();
    const lock = takeLock(file);
    expect(() => takeLock(file)).toThrow(/held by this very process/);
    lock.release();
  });

  test('waits for a live holder, then names it', async () => {
    const file = fresh();
    const holder = start(program, 'holds', HOLDS, file);
    await holder.ready;
    try {
      expect(() => takeLock(file, 20)).toThrow(
        expect.objectContaining({
          code: 'EVL_STATE_LOCKED',
          exit: 2,
          message: `Cannot lock state file "${file}": process ${holder.child.pid} holds ${file}.lock`,
        }),
      );
    } finally {
      holder.child.kill('SIGKILL');
      await holder.ended;
    }
    // kill -9: the file is still there, its owner is not.
    expect(existsSync(`${file}.lock`)).toBe(true);
    takeLock(file, 0).release();
    expect(litter(file)).toEqual([]);
  });

  test('takes over from a zombie', async () => {
    const file = fresh();
    // The shell becomes sleep, which never waits for the child that it inherits.
    const parent = start(
      program,
      'zombie',
      `
        import { spawn } from 'node:child_process';
        const shell = spawn('sh', ['-c', '"$0" "$1" "$2" > /dev/null & echo $!; exec sleep 30', process.execPath, process.argv[2], process.argv[3]]);
        shell.stdout.on('data', (pid) => console.log(String(pid).trim(), shell.pid));
      `,
      join(program, 'holds.mjs'),
      file,
    );
    await parent.ready;
    let pids: number[] = [];
    try {
      parent.child.stdout.on('data', () => undefined);
      await until(() => existsSync(`${file}.lock`));
      const pid = readHolder(`${file}.lock`)!.identity.pid;
      pids = [pid];
      process.kill(pid, 'SIGKILL');
      await until(() => / Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1')));
      takeLock(file, 0).release();
    } finally {
      for (const pid of pids) killParent(pid);
      parent.child.kill('SIGKILL');
      await parent.ended;
    }
  });

  test.each([
    ['a number that another process uses now', { startTime: 1 }],
    ['another boot', { bootId: '00000000-0000-0000-0000-000000000000' }],
  ])('takes over from %s', (_, other) => {
    const file = fresh();
    writeFileSync(`${file}.lock`, JSON.stringify({ ...ownIdentity(), ...other, nonce: 'abc' }));
    const lock = takeLock(file, 0);
    expect(readHolder(`${file}.lock`)?.identity).toEqual(ownIdentity());
    lock.release();
    expect(litter(file)).toEqual([]);
  });

  test.each([
    ['empty', ''],
    ['cut short', '{"pid": 12'],
    ['not an object', 'null'],
  ])('takes over a lock that is %s, as after a power failure', (_, text) => {
    const file = fresh();
    writeFileSync(`${file}.lock`, text);
    takeLock(file, 0).release();
    expect(litter(file)).toEqual([]);
  });

  test('takes over the right to remove a dead lock, when its owner died as well', () => {
    const file = fresh();
    const dead = { ...ownIdentity(), startTime: 1 };
    writeFileSync(`${file}.lock`, JSON.stringify({ ...dead, nonce: 'a1' }));
    writeFileSync(`${file}.lock.dead-a1`, JSON.stringify({ ...dead, nonce: 'b2' }));
    writeFileSync(`${file}.lock.dead-b2`, JSON.stringify({ ...dead, nonce: 'c3' }));
    writeFileSync(`${file}.lock.tmp-c3`, JSON.stringify({ ...dead, nonce: 'c3' }));
    takeLock(file, 0).release();
    expect(litter(file)).toEqual([]);
  });

  test('leaves the file of a live holder alone', () => {
    const file = fresh();
    writeFileSync(`${file}.lock`, JSON.stringify({ ...ownIdentity(), nonce: 'a1' }));
    expect(claimPath(`${file}.lock`, { ...ownIdentity() })).toMatchObject({
      holder: { identity: ownIdentity(), content: { nonce: 'a1' } },
    });
    expect(litter(file)).toEqual([`${file.split('/').at(-1)}.lock`]);
  });

  test('is never given to two, though each of 8 processes x 40 holders leaves it as the dead do', async () => {
    const file = fresh();
    writeFileSync(file, '0');
    // Renaming a dead holder's file over ours is what a kill leaves, without the cost of 320 processes.
    const text = `
      import { readFileSync, renameSync, writeFileSync } from 'node:fs';
      import { claimPath } from './linux/claim.js';
      import { ownIdentity } from './linux/process.js';
      const [, , file, name] = process.argv;
      for (let i = 0; i < 40; i++) {
        if (!claimPath(file + '.lock', ownIdentity(), 20_000).claim) throw new Error('waited too long');
        const count = Number(readFileSync(file, 'utf8'));
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0.2);
        writeFileSync(file, String(count + 1));
        const holder = JSON.parse(readFileSync(file + '.lock', 'utf8'));
        writeFileSync(file + '.dead.' + name, JSON.stringify({ ...holder, startTime: 1 }));
        renameSync(file + '.dead.' + name, file + '.lock');
      }
      process.kill(process.pid, 'SIGKILL');
    `;
    const ended = await Promise.all(
      Array.from({ length: 8 }, (_, n) => run(program, 'dies', text, file, String(n))),
    );
    expect(ended.map((child) => [child.signal, child.stderr])).toEqual(Array(8).fill(['SIGKILL', '']));
    expect(readFileSync(file, 'utf8')).toBe('320');
    takeLock(file, 0).release();
    expect(litter(file)).toEqual([]);
  }, 40_000);
});

describe('updateState', () => {
  test('loses none of 8 processes x 50 updates', async () => {
    const file = fresh();
    const text = `
      import { updateState } from './state/file.js';
      const [, , file, name] = process.argv;
      for (let i = 0; i < 50; i++) {
        updateState(file, (draft) => { draft.ports['p' + name + '.' + i] = {}; }, { lockTimeoutMs: 25_000 });
      }
    `;
    const ended = await Promise.all(
      Array.from({ length: 8 }, (_, n) => run(program, 'updates', text, file, String(n))),
    );
    expect(ended.map((child) => [child.code, child.stderr])).toEqual(Array(8).fill([0, '']));
    const state = readState(file);
    expect(state.rev).toBe(400);
    expect(Object.keys(state.ports)).toHaveLength(400);
    expect(litter(file)).toEqual([`${file.split('/').at(-1)}.bak`]);
  }, 40_000);

  test('goes on after a writer was killed in the middle', async () => {
    const file = fresh();
    updateState(file, vlans('42'));
    const text = `
      import { updateState } from './state/file.js';
      updateState(process.argv[2], () => process.kill(process.pid, 'SIGKILL'));
    `;
    expect((await run(program, 'killed', text, file)).signal).toBe('SIGKILL');
    writeFileSync(`${file}.new`, '{"schema":1,"re');
    expect(updateState(file, vlans('43'))).toMatchObject({ rev: 2, vlans: '43' });
    expect(litter(file)).toEqual([`${file.split('/').at(-1)}.bak`]);
  });
});

const vlans = (list: string) => (draft: StateDocument) => {
  draft.vlans = list;
};

async function until(fact: () => boolean): Promise<void> {
  const end = Date.now() + 30_000;
  while (!fact()) {
    if (Date.now() > end) throw new Error(`never became true: ${fact}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}

function killParent(pid: number): void {
  const parent = /\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1];
  if (parent !== undefined && Number(parent) > 1) process.kill(Number(parent), 'SIGKILL');
}
