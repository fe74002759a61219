import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { transformSync } from '@swc/core';

// On a busy disk each fsync takes milliseconds, and these tests make thousands.
const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A folder of its own, gone with `remove`. */
export function scratch(): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(base, 'evlnet-test-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/**
 * The named folders and files of src/ as JavaScript in `folder`, since Node 20 runs no TypeScript: what a child process
 * imports, without a build that might be stale.
 */
export function compile(folder: string, ...sources: string[]): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  for (const source of sources.flatMap(typescript)) {
    const to = join(folder, source.replace(/^src\//, '').replace(/\.ts$/, '.js'));
    const { code } = transformSync(readFileSync(source, 'utf8'), {
      filename: source,
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      module: { type: 'es6' },
    });
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, code);
  }
}

const typescript = (source: string) =>
  source.endsWith('.ts') ? [source] : readdirSync(source).map((name) => join(source, name));

export interface Ended {
  pid: number;
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A module with this text in `folder`, run to its end; killed after 50 s. */
export function run(folder: string, name: string, text: string, ...args: string[]): Promise<Ended> {
  return start(folder, name, text, ...args).ended;
}

/** As `run`, and `ready` once it has printed a line. */
export function start(folder: string, name: string, text: string, ...args: string[]) {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, text);
  const child = spawn(process.execPath, [file, ...args], { timeout: 50_000, killSignal: 'SIGKILL' });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  /** Settles when it has printed that many lines. */
  const lines = (count: number) => {
    const printed = new Promise<void>((done, fail) => {
      const look = () => void (stdout.split('\n').length > count && done());
      child.stdout.on('data', look);
      child.on('close', () => fail(new Error(`ended before line ${count}: ${stdout}${stderr}`)));
      look();
    });
    printed.catch(() => undefined);
    return printed;
  };
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<Ended>((done) => {
    child.on('close', (code, signal) => done({ pid: child.pid!, code, signal, stdout, stderr }));
  });
  return { child, ready: lines(1), lines, ended };
}
