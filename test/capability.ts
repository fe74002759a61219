import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { describe } from '@jest/globals';

const NOBODY = 65534;

const probes = {
  root: () => process.getuid?.() === 0 || 'not root',
  'network namespaces': () => {
    try {
      accessSync('/proc/self/ns/net', constants.R_OK);
      execFileSync('unshare', ['-n', 'true'], { stdio: 'ignore' });
      return true;
    } catch {
      return 'cannot make a network namespace';
    }
  },
  'user namespaces': () => {
    try {
      execFileSync('unshare', ['-Urnmpf', 'true'], {
        stdio: 'ignore',
        ...(process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}),
      });
      return true;
    } catch {
      return 'an ordinary user cannot make a user namespace';
    }
  },
  bpf: () => {
    const caps = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
    return ((BigInt(`0x${caps}`) >> 39n) & 1n) === 1n || 'no CAP_BPF';
  },
  'hardware times': () => {
    const [major, minor] = release().split('.').map(Number) as [number, number];
    return (
      major > 6 ||
      (major === 6 && minor >= 7) ||
      `Linux ${release()} does not say what drivers tell XDP programs`
    );
  },
  cap: () => existsSync('node_modules/cap/build/Release/cap.node') || 'npm cap is not built',
  prometheus_client: () =>
    existsSync('/usr/lib/python3/dist-packages/prometheus_client/openmetrics/parser.py') ||
    'python3-prometheus-client is not installed',
  build: () => existsSync('dist/cli/main.js') || 'dist/ is not built',
} as const;

/** True, or why this machine cannot do it. */
export function has(what: keyof typeof probes | { command: string }): true | string {
  if (typeof what === 'string') return probes[what]();
  try {
    execFileSync('sh', ['-c', `command -v ${what.command}`], { stdio: 'ignore' });
    return true;
  } catch {
    return `${what.command} is not installed`;
  }
}

/** What clang is there says of itself; '' without one. */
export const clangVersion = (): string =>
  has({ command: 'clang' }) === true ? execFileSync('clang', ['--version'], { encoding: 'utf8' }) : '';

/** `describe`, or with a printed reason `describe.skip` where one of `wants` is missing. In CI a skip is a failure (scripts/test). */
export function describeIf(
  wants: (keyof typeof probes | { command: string })[],
): typeof describe | typeof describe.skip {
  for (const want of wants) {
    const reason = has(want);
    if (reason !== true) {
      process.stderr.write(`SKIP: ${reason}\n`);
      return describe.skip;
    }
  }
  return describe;
}
