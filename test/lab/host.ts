import { join } from 'node:path';
import { labDown } from '../../src/lab/index.js';
import { type Host, namespace } from '../../src/lab/name.js';
import { systemPath, tool } from '../../src/lab/tool.js';
import { command, output } from '../command.js';

/** Names of labs of this test run: no other run's, and short enough to read. */
export const labOf = (what: string): string => `test-${process.pid}-${what}`;

/** What the program prints in the host; throws when it fails. */
export const onHost = (lab: string, host: Host, ...argv: string[]): string =>
  output(tool('ip'), ['netns', 'exec', namespace(lab, host), ...argv], {
    env: { ...process.env, PATH: systemPath() },
  });

export interface Pinged {
  transmitted: number;
  received: number;
}

/** From the issuer, unmodified ping(8), five a second. */
export function ping(lab: string, address: string, count = 3, ...options: string[]): Pinged {
  const args = ['-n', '-c', String(count), '-i', '0.2', '-W', '1', ...options, address];
  const { stdout } = command(tool('ip'), ['netns', 'exec', namespace(lab, 'issuer'), tool('ping'), ...args]);
  const [, transmitted, received] = /(\d+) packets transmitted, (\d+) received/.exec(stdout) ?? [];
  return { transmitted: Number(transmitted), received: Number(received) };
}

/** Where on the lab's wires; see wire.py. */
export type Place = readonly [host: Host, ifname: string];

/** Sends frames (hex), then the markers, and answers what each listener received before its marker. */
export function traverse(
  lab: string,
  listen: readonly Place[],
  send: readonly (readonly [...Place, frame: string])[],
  marker: string,
): string[][] {
  const at = <T extends readonly [Host, ...string[]]>([host, ...rest]: T) => [namespace(lab, host), ...rest];
  const input = JSON.stringify({ listen: listen.map(at), send: send.map(at), marker });
  const printed = output('python3', [join(import.meta.dirname, 'wire.py')], { input });
  return JSON.parse(printed) as string[][];
}

/** For `afterAll`: whatever a failed test left. */
export async function removeLabs(...labs: string[]): Promise<void> {
  for (const name of labs) await labDown({ name });
}
