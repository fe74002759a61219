import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newGlobals } from '../../src/cli/globals.js';
import type { Io } from '../../src/cli/io.js';
import { reportError } from '../../src/cli/print/error.js';
import { EvlnetError } from '../../src/errors.js';
import { FakeHost } from './fake.js';

let host: FakeHost;
beforeEach(() => {
  host = new FakeHost();
});
afterEach(() => host.close());

describe('colour', () => {
  const isColored: [is: boolean, isTTY: boolean, env: Record<string, string>, line: string][] = [
    [false, false, {}, 'port show eth0'],
    [true, true, {}, 'port show eth0'],
    [false, true, { NO_COLOR: '1' }, 'port show eth0'],
    [true, true, { NO_COLOR: '' }, 'port show eth0'],
    [false, true, { TERM: 'dumb' }, 'port show eth0'],
    [false, true, {}, '-c=never port show eth0'],
    [true, false, {}, '-c port show eth0'],
    [true, false, { NO_COLOR: '1' }, '-color=always port show eth0'],
    [false, false, {}, '-c=auto port show eth0'],
    [false, true, {}, '-j port show eth0'],
    [false, true, {}, '-c -j port show eth0'],
  ];
  test.each(isColored)('%s: terminal %s, %j, %s', async (is, isTTY, env, line) => {
    host.isTTY = isTTY;
    host.env = env;
    expect((await host.ok(line)).includes('\x1b[36meth0\x1b[39m')).toBe(is);
  });

  const backgrounds: [colorFgBg: string, isBold: boolean][] = [
    ['15;0', true],
    ['7;default;8', true],
    ['0;7', false],
    ['0;15', false],
    ['', false],
  ];
  test.each(backgrounds)('COLORFGBG=%s', async (value, isBold) => {
    host.env.COLORFGBG = value;
    expect((await host.ok('-c port show eth0')).includes('\x1b[1m\x1b[36meth0')).toBe(isBold);
  });
});

describe('errors', () => {
  const report = (error: unknown, globals = newGlobals()) => {
    const out: string[] = [];
    const err: string[] = [];
    const io = {
      stdout: { write: (t: string) => out.push(t) },
      stderr: { write: (t: string) => err.push(t) },
      env: {},
    } as unknown as Io;
    return { code: reportError(error, globals, io), out: out.join(''), err: err.join('') };
  };

  test('a system call that Node made', () => {
    const error = Object.assign(new Error("EACCES: permission denied, open '/x'"), {
      code: 'EACCES',
      syscall: 'open',
      path: '/x',
    });
    expect(report(error)).toEqual({
      code: 2,
      out: '',
      err: 'Cannot open "/x": permission denied (EACCES)\nHint: run as root\n',
    });
  });

  test('with -j on stdout, absent keys absent', () => {
    const globals = { ...newGlobals(), json: true };
    expect(report(new EvlnetError('EVL_X', 'Cannot x'), globals)).toEqual({
      code: 2,
      out: '{"error":{"message":"Cannot x","code":"EVL_X"}}\n',
      err: '',
    });
    expect(report(new EvlnetError('EVL_X', 'Cannot x'), { ...globals, pretty: true }).out).toContain(
      '\n    "error": {\n',
    );
  });

  test('what would control the terminal is written out, in JSON too', async () => {
    const host = new FakeHost();
    host.stdin = '{"schema":1,"ports":{"\\u001b[31mx":{}}}';
    const { err } = await host.run('apply -');
    expect(err).toContain('\\x1b[31mx');
    expect(err).not.toContain('\x1b');
    expect((await host.run('-j apply -')).out).not.toContain('\x1b');
    host.close();
  });

  test('what was thrown and is no error', () => {
    expect(report('boom')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^Internal error: boom\nHint: please report this/),
    });
  });

  test('-j counts also behind the word that is wrong', async () => {
    expect(JSON.parse((await host.run('prot show -j')).out)).toMatchObject({ error: { code: 'EVL_OBJECT' } });
  });
});
