import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { asIdentity, isAlive, ownIdentity } from '../../src/linux/process.js';

describe('ownIdentity', () => {
  test('is what /proc says of us', () => {
    const fields = readFileSync('/proc/self/stat', 'latin1')
      .replace(/\(.*\)/s, 'x')
      .split(' ');
    expect(ownIdentity()).toEqual({
      pid: Number(fields[0]),
      startTime: Number(fields[21]),
      bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    });
  });
});

describe('isAlive', () => {
  test('knows us', () => {
    expect(isAlive(ownIdentity())).toBe(true);
  });

  test.each([
    ['start time', { startTime: 1 }],
    ['boot', { bootId: 'x' }],
    ['number', { pid: 2 ** 30 }],
  ])('wants the same %s', (_, other) => {
    expect(isAlive({ ...ownIdentity(), ...other })).toBe(false);
  });

  test('is not misled by a command name with spaces and parentheses', async () => {
    const child = spawn('sh', ['-c', 'printf ") Z (1 2" > /proc/$$/comm; echo; read x']);
    await once(child.stdout, 'data');
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'latin1');
    expect(stat).toContain('() Z (1 2)');
    const startTime = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    const identity = { ...ownIdentity(), pid: child.pid!, startTime };
    expect(isAlive(identity)).toBe(true);
    child.stdin.end();
    await once(child, 'close');
    expect(isAlive(identity)).toBe(false);
  });
});

describe('asIdentity', () => {
  test('keeps the three keys and no others', () => {
    expect(asIdentity({ ...ownIdentity(), device: 'eth0' })).toEqual(ownIdentity());
  });

  test.each([
    [null],
    ['x'],
    [{}],
    [{ ...ownIdentity(), pid: 0 }],
    [{ ...ownIdentity(), pid: '1' }],
    [{ ...ownIdentity(), startTime: 0.5 }],
    [{ ...ownIdentity(), bootId: 1 }],
  ])('refuses %j', (value) => {
    expect(asIdentity(value)).toBeUndefined();
  });
});
