import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readState, resetState, updateState } from '../../src/state/file.js';
import { emptyState, type StateDocument } from '../../src/state/schema.js';
import { describeIf } from '../capability.js';
import { compile, run, scratch } from './program.js';

const { folder: root, remove } = scratch();
afterAll(remove);

let folder = '';
let file = '';
let warnings: string[] = [];
const onWarning = (message: string, hint?: string) =>
  void warnings.push(hint ? `${message} [${hint}]` : message);
let count = 0;
beforeEach(() => {
  folder = join(root, String(++count));
  mkdirSync(folder);
  file = join(folder, 'state.json');
  warnings = [];
});

const vlans = (list: string) => (draft: StateDocument) => {
  draft.vlans = list;
};
const onDisk = (name = 'state.json') => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const failure = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    return error as Error & { code: string; hint?: string; exit: number };
  }
  throw new Error('did not throw');
};

describe('updateState', () => {
  test('makes folder and file, 0644 whatever the umask', () => {
    file = join(folder, 'a', 'b', 'state.json');
    const umask = process.umask(0o077);
    try {
      expect(updateState(file, vlans('42'))).toEqual({ ...emptyState(), rev: 1, vlans: '42' });
    } finally {
      process.umask(umask);
    }
    expect(statSync(file).mode & 0o7777).toBe(0o644);
    expect(readState(file)).toEqual({ ...emptyState(), rev: 1, vlans: '42' });
  });

  test('keeps the state before as .bak and leaves nothing else', () => {
    updateState(file, vlans('42'));
    updateState(file, vlans('43'));
    expect(onDisk()).toMatchObject({ rev: 2, vlans: '43' });
    expect(onDisk('state.json.bak')).toMatchObject({ rev: 1, vlans: '42' });
    expect(readdirSync(folder).sort()).toEqual(['state.json', 'state.json.bak']);
  });

  test('keeps it also where a writer was killed between backup and replacement', () => {
    updateState(file, vlans('42'));
    linkSync(file, `${file}.bak`);
    linkSync(file, `${file}.bak.new`);
    updateState(file, vlans('43'));
    expect(onDisk()).toMatchObject({ rev: 2, vlans: '43' });
    expect(onDisk('state.json.bak')).toMatchObject({ rev: 1, vlans: '42' });
    expect(readdirSync(folder).sort()).toEqual(['state.json', 'state.json.bak']);
  });

  test('takes the document that the change returns, but not its rev', () => {
    updateState(file, vlans('42'));
    expect(updateState(file, () => ({ ...emptyState(), rev: 99, vlans: '7' }))).toMatchObject({
      rev: 2,
      vlans: '7',
    });
  });

  test.each<[string, (draft: StateDocument) => StateDocument | undefined]>([
    ['nothing', () => undefined],
    ['the same value', (draft) => Object.assign(draft, { vlans: '42' })],
    ['an undefined key', (draft) => Object.assign(draft, { ports: { eth0: { address: undefined } } })],
    ['another order', (draft) => ({ ...emptyState(), vlans: draft.vlans, ports: draft.ports })],
  ])('writes nothing when the change changes %s', (_, change) => {
    updateState(file, (draft) => ({ ...draft, vlans: '42', ports: { eth0: {} } }));
    const { ino } = statSync(file);
    expect(updateState(file, change).rev).toBe(1);
    expect(statSync(file).ino).toBe(ino);
    expect(existsSync(`${file}.bak`)).toBe(false);
  });

  test('writes nothing, not even the file, for no change of no file', () => {
    expect(updateState(file, () => undefined)).toEqual(emptyState());
    expect(readdirSync(folder)).toEqual([]);
  });

  test('keeps unknown keys', () => {
    writeFileSync(
      file,
      '{"schema":1,"rev":4,"neighbours":{"eth0":"x"},"ports":{"eth0.42":{"vid":42,"x":[1]}}}',
    );
    updateState(file, vlans('42'));
    expect(onDisk()).toMatchObject({
      rev: 5,
      neighbours: { eth0: 'x' },
      ports: { 'eth0.42': { vid: 42, x: [1] } },
    });
  });

  test('refuses to write what it could not read, and names the key', () => {
    updateState(file, vlans('42'));
    const { message, code } = failure(() =>
      updateState(file, (draft) => void Object.assign(draft.ports, { e: { vid: 5000 } })),
    );
    expect(code).toBe('EVL_STATE_INVALID');
    expect(message).toBe(
      `Cannot write state file "${file}": ports.e.vid is 5000, expected an integer from 1 to 4094`,
    );
    expect(onDisk()).toMatchObject({ rev: 1 });
    expect(readdirSync(folder)).toEqual(['state.json']);
  });

  test('passes on what the change throws, with the file as it was and the lock free', () => {
    updateState(file, vlans('42'));
    const enoent = failure(() => updateState(file, () => void readFileSync('/nonexistent')));
    expect(enoent.code).toBe('ENOENT');
    expect(updateState(file, vlans('43')).rev).toBe(2);
  });

  test('changes again what somebody wrote meanwhile without the lock', () => {
    updateState(file, vlans('42'));
    let turns = 0;
    const after = updateState(file, (draft) => {
      // The rev of the edit is the same: it is the text that counts.
      if (++turns === 1)
        writeFileSync(file, JSON.stringify({ ...emptyState(), rev: 1, devices: { eth0: {} } }));
      draft.vlans = '43';
    });
    expect(turns).toBe(2);
    expect(after).toEqual({ ...emptyState(), rev: 2, devices: { eth0: {} }, vlans: '43' });
  });

  test('gives up on a file that never keeps still', () => {
    let turns = 0;
    const { code } = failure(() =>
      updateState(file, (draft) => {
        writeFileSync(file, JSON.stringify({ schema: 1, rev: ++turns }));
        draft.vlans = '43';
      }),
    );
    expect(code).toBe('EVL_STATE_LOCKED');
    expect(onDisk()).toEqual({ schema: 1, rev: turns });
  });

  test('does not write when the lock was taken from us', () => {
    let turns = 0;
    const after = updateState(file, (draft) => {
      if (++turns === 1) writeFileSync(`${file}.lock`, '');
      draft.vlans = '42';
    });
    expect(turns).toBe(2);
    expect(after.rev).toBe(1);
  });

  test('follows a symbolic link instead of replacing it', () => {
    mkdirSync(join(folder, 'real'));
    const real = join(folder, 'real', 'state.json');
    writeFileSync(real, '{"schema":1}');
    symlinkSync(real, file);
    updateState(file, vlans('42'));
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(JSON.parse(readFileSync(real, 'utf8'))).toMatchObject({ rev: 1, vlans: '42' });
  });

  test('makes the file that a symbolic link names before it is there', () => {
    const real = join(folder, 'elsewhere', 'state.json');
    symlinkSync('elsewhere/state.json', file);
    updateState(file, vlans('42'));
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(JSON.parse(readFileSync(real, 'utf8'))).toMatchObject({ rev: 1, vlans: '42' });
  });

  test.each([['/dev/null'], ['/proc']])('never replaces %s', (special) => {
    expect(failure(() => updateState(special, vlans('42')))).toMatchObject({ exit: 2 });
    expect(statSync(special).isFile()).toBe(false);
  });
});

describe('readState', () => {
  test('is the empty state where there is no file, and makes none', () => {
    expect(readState(join(folder, 'no', 'state.json'))).toEqual(emptyState());
    expect(readdirSync(folder)).toEqual([]);
  });

  test('takes a file written by hand, byte order mark and all', () => {
    writeFileSync(file, '\uFEFF{ "schema": 1, "vlans": "42" }\n');
    expect(readState(file)).toEqual({ ...emptyState(), vlans: '42' });
  });

  test.each([
    ['[]', /the document is a list, expected an object/],
    ['{"schema":1,"ports":{"eth0.42":{"vid":"x"}}}', /ports\."eth0\.42"\.vid is "x", expected an integer/],
    ['{"rev":3}', /schema is missing$/],
  ])('refuses JSON that is no state, and leaves it: %s', (text, message) => {
    writeFileSync(file, text);
    writeFileSync(`${file}.bak`, '{"schema":1}');
    for (const act of [
      () => readState(file, { onWarning }),
      () => updateState(file, vlans('1'), { onWarning }),
    ]) {
      expect(failure(act)).toMatchObject({
        code: 'EVL_STATE_INVALID',
        exit: 2,
        message: expect.stringMatching(message),
        hint: expect.stringContaining(`${file}.bak`),
      });
    }
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(warnings).toEqual([]);
  });

  test('names no backup that is not there', () => {
    writeFileSync(file, '[]');
    expect(failure(() => readState(file))).toMatchObject({
      hint: 'correct the file, or start anew with "evlnet state reset"',
    });
  });

  test('refuses a newer schema and says which one is needed', () => {
    writeFileSync(file, '{"schema":2,"rev":3}');
    expect(failure(() => readState(file))).toMatchObject({
      code: 'EVL_STATE_NEWER',
      exit: 2,
      message: `Cannot use state file "${file}": it needs an evlnet that knows state schema 2, this one knows 1`,
    });
  });

  test.each([
    ['cut short', '{"schema":1,"rev":17,"po'],
    ['zeros', '\0'.repeat(40)],
    ['empty', ''],
  ])('moves a corrupt file (%s) aside and restores the backup, with a warning', (_, text) => {
    updateState(file, vlans('42'));
    updateState(file, vlans('43'));
    writeFileSync(file, text);
    // The corrupt file had rev 2, so the restored state is a third one to the workers.
    expect(readState(file, { onWarning })).toEqual({ ...emptyState(), rev: 3, vlans: '42' });
    expect(onDisk()).toMatchObject({ rev: 3, vlans: '42' });
    const aside = readdirSync(folder).find((name) => name.startsWith('state.json.corrupt-'));
    expect(readFileSync(join(folder, aside!), 'utf8')).toBe(text);
    expect(warnings).toEqual([expect.stringContaining(`State file "${file}" was corrupt (`)]);
    expect(warnings[0]).toContain(aside);
    expect(readState(file, { onWarning }).rev).toBe(3);
    expect(warnings).toHaveLength(1);
  });

  test('is repaired by an update as well', () => {
    updateState(file, vlans('42'));
    updateState(file, vlans('43'));
    writeFileSync(file, '{');
    expect(
      updateState(file, (draft) => void Object.assign(draft.ports, { eth0: {} }), { onWarning }),
    ).toEqual({
      ...emptyState(),
      rev: 4,
      vlans: '42',
      ports: { eth0: {} },
    });
    expect(warnings).toHaveLength(1);
  });

  test.each([
    ['no backup', undefined],
    ['a corrupt backup', '{'],
    ['a backup of a newer schema', '{"schema":9}'],
  ])('a corrupt file with %s is an error and stays', (_, backup) => {
    writeFileSync(file, '{"schema":1,');
    if (backup !== undefined) writeFileSync(`${file}.bak`, backup);
    expect(failure(() => readState(file, { onWarning }))).toMatchObject({
      code: 'EVL_STATE_CORRUPT',
      exit: 2,
      hint: 'correct the file, or start anew with "evlnet state reset"',
    });
    expect(readFileSync(file, 'utf8')).toBe('{"schema":1,');
    expect(warnings).toEqual([]);
  });

  test('an empty file that never held a state is an empty state, with a warning', () => {
    writeFileSync(file, '');
    expect(readState(file, { onWarning })).toEqual(emptyState());
    expect(warnings).toEqual([`State file "${file}" is empty; starting with an empty state`]);
    expect(updateState(file, vlans('42'), { onWarning }).rev).toBe(1);
    expect(existsSync(`${file}.bak`)).toBe(false);
  });
});

describe('migration', () => {
  const migrations = {
    0: ({ vlan, ...rest }: Record<string, unknown>) => ({ ...rest, vlans: String(vlan) }),
  };

  test('reads an older schema without touching the file', () => {
    writeFileSync(file, '{"schema":0,"rev":5,"vlan":42,"extra":true}');
    expect(readState(file, { migrations })).toEqual({ ...emptyState(), rev: 5, vlans: '42', extra: true });
    expect(onDisk().schema).toBe(0);
  });

  test('writes the new schema at the next change, even an empty one, and keeps the old file for good', () => {
    const old = '{"schema":0,"rev":5,"vlan":42}';
    writeFileSync(file, old);
    expect(updateState(file, () => undefined, { migrations })).toEqual({
      ...emptyState(),
      rev: 6,
      vlans: '42',
    });
    updateState(file, vlans('43'), { migrations });
    expect(readFileSync(`${file}.schema-0`, 'utf8')).toBe(old);
    expect(onDisk()).toMatchObject({ schema: 1, rev: 7 });
  });

  test('refuses a schema that nothing migrates from', () => {
    writeFileSync(file, '{"schema":0}');
    expect(failure(() => readState(file))).toMatchObject({
      code: 'EVL_STATE_INVALID',
      message: `Cannot use state file "${file}": schema is 0, expected 1`,
    });
  });
});

describe('resetState', () => {
  test('keeps the state as .bak and goes on counting rev', () => {
    updateState(file, vlans('42'));
    expect(resetState(file)).toEqual({ ...emptyState(), rev: 2 });
    expect(onDisk('state.json.bak')).toMatchObject({ vlans: '42' });
  });

  test.each([['{'], ['{"schema":9}'], ['{"schema":1,"ports":7}']])(
    'gets out of %s, which is kept',
    (text) => {
      updateState(file, vlans('42'));
      updateState(file, vlans('43'));
      writeFileSync(file, text);
      expect(resetState(file, { onWarning })).toEqual({ ...emptyState(), rev: 3 });
      expect(onDisk('state.json.bak')).toMatchObject({ rev: 1, vlans: '42' });
      const aside = readdirSync(folder).find((name) => name.startsWith('state.json.corrupt-'));
      expect(readFileSync(join(folder, aside!), 'utf8')).toBe(text);
      expect(warnings[0]).toContain(aside);
    },
  );
});

// Root may write anywhere, so these run as nobody.
describeIf(['root'])('without root', () => {
  const program = join(root, 'program');
  const ask = async (call: string) => {
    const text = `
      import { readState, updateState } from './state/file.js';
      process.setgid(65534);
      process.setuid(65534);
      const file = process.argv[2];
      const warnings = [];
      const onWarning = (message, hint) => warnings.push(message, hint);
      try { console.log(JSON.stringify({ state: ${call}, warnings })); }
      catch ({ code, message, hint }) { console.log(JSON.stringify({ code, message, hint })); }
    `;
    chmodSync(root, 0o755);
    if (!existsSync(program)) {
      compile(
        program,
        'src/errors.ts',
        'src/linux/process.ts',
        'src/linux/claim.ts',
        'src/linux/file-error.ts',
        'src/state',
      );
    }
    const { stdout, stderr } = await run(program, 'nobody', text, file);
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  };

  test('reads', async () => {
    updateState(file, vlans('42'));
    expect(await ask('readState(file, { onWarning })')).toEqual({
      state: { ...emptyState(), rev: 1, vlans: '42' },
      warnings: [],
    });
  });

  test('reads the backup of a corrupt file, with a warning, and moves nothing', async () => {
    updateState(file, vlans('42'));
    updateState(file, vlans('43'));
    writeFileSync(file, '{');
    expect(await ask('readState(file, { onWarning })')).toEqual({
      state: { ...emptyState(), rev: 1, vlans: '42' },
      warnings: [
        expect.stringContaining(`State file "${file}" is corrupt (`),
        'run the command once as root, which restores the backup',
      ],
    });
    expect(readdirSync(folder).sort()).toEqual(['state.json', 'state.json.bak']);
  });

  test('is told path and way out when it writes', async () => {
    updateState(file, vlans('42'));
    expect(await ask('updateState(file, (draft) => { draft.vlans = "43"; })')).toEqual({
      code: 'EVL_PERMISSION',
      message: `Cannot write state file "${file}": permission denied (EACCES)`,
      hint: 'run as root, or name another file with -state FILE or EVLNET_STATE',
    });
    file = join(folder, 'new', 'state.json');
    expect(await ask('updateState(file, (draft) => { draft.vlans = "43"; })')).toMatchObject({
      code: 'EVL_PERMISSION',
      message: `Cannot write state file "${file}": permission denied (EACCES) at ${folder}/new`,
    });
  });

  test('changes a file of root in a folder of its own, backup and all', async () => {
    updateState(file, vlans('42'));
    chownSync(folder, 65534, 65534);
    expect(await ask('updateState(file, (draft) => { draft.vlans = "43"; })')).toMatchObject({
      state: { rev: 2, vlans: '43' },
    });
    expect(onDisk('state.json.bak')).toMatchObject({ rev: 1, vlans: '42' });
    expect(statSync(`${file}.bak`).mode & 0o777).toBe(0o644);
  });

  test('is told when it may not even read', async () => {
    updateState(file, vlans('42'));
    chmodSync(file, 0o600);
    expect(await ask('readState(file, { onWarning })')).toMatchObject({
      code: 'EVL_PERMISSION',
      message: `Cannot read state file "${file}": permission denied (EACCES)`,
    });
  });
});
