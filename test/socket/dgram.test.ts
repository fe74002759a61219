import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { EVLNET, Stand, type Started } from '../clients/stand.js';

const CASES = join(import.meta.dirname, 'dgram-cases.mjs');
const [ISSUER, RESPONDER] = ['10.10.10.10', '10.10.10.11'];

/** One list for both: what evlnet must do is what node:dgram does. */
describeIf(['root', 'network namespaces', 'bpf', 'build'])('the documented behaviour of node:dgram', () => {
  let stand: Stand;
  let worker: Started;
  const wrong = (host: 'issuer' | 'responder', ...argv: string[]) => {
    const { stdout, stderr } = stand.on(host, process.execPath, CASES, ...argv);
    const results = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string; wrong?: string });
    expect(stderr).toBe('');
    expect(results.length).toBeGreaterThan(20);
    return results.filter((r) => r.wrong !== undefined);
  };

  beforeAll(async () => {
    stand = await Stand.up('dgram');
    stand.configure();
    // Two lists in a row have its kernel refuse more than it would tell of.
    stand.on('issuer', 'sysctl', '-qw', 'net.ipv4.icmp_ratemask=0');
    // Like the kernel of the issuer: the same list asks both.
    stand.get('responder', process.execPath, EVLNET, 'port', 'set', 'eth0.42', 'icmp-errors', 'on');
    worker = await stand.worker('icmp-responder');
  }, 60_000);
  afterAll(async () => {
    await worker?.stop();
    await stand?.down();
  }, 60_000);

  test('is that of node:dgram', () => {
    expect(wrong('issuer', 'node:dgram', ISSUER, RESPONDER)).toEqual([]);
  }, 60_000);

  test.each(['{}', '{"busyPoll":1000}'])(
    'is that of evlnet with %s',
    (more) => {
      const module = join(import.meta.dirname, '../../dist/index.js');
      expect(wrong('responder', module, RESPONDER, ISSUER, more)).toEqual([]);
    },
    60_000,
  );
});
