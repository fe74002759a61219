import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { channels, driverName, type Offloads, offloads, setOffloads } from '../../src/linux/ethtool.js';
import { link } from '../../src/linux/link.js';
import { holdPromiscuous } from '../../src/linux/promiscuous.js';
import { describeIf } from '../capability.js';
import { enterNamespace, run } from './namespace.js';

/** The names that ethtool -k prints. */
const PRINTED: Record<keyof Offloads, string> = {
  rxvlan: 'rx-vlan-offload',
  txvlan: 'tx-vlan-offload',
  rxvlanStag: 'rx-vlan-stag-hw-parse',
  txvlanStag: 'tx-vlan-stag-hw-insert',
  rxvlanFilter: 'rx-vlan-filter',
};

/** `ethtool -k` in our words: `on`, `off [fixed]` … */
function printed(name: string): Record<string, string> {
  const lines = run('ethtool', '-k', name).split('\n');
  return Object.fromEntries(
    Object.entries(PRINTED).map(([key, feature]) => {
      const line = lines.find((l) => l.trim().startsWith(`${feature}:`));
      return [key, line?.split(': ')[1] ?? ''];
    }),
  );
}

function told(name: string): Record<string, string> {
  const words = Object.entries(offloads(name)).map(([key, o]) => {
    const wish = o.active === o.requested ? '' : ` [requested ${o.requested ? 'on' : 'off'}]`;
    return [key, `${o.active ? 'on' : 'off'}${o.fixed ? ' [fixed]' : wish}`];
  });
  return Object.fromEntries(words);
}

describeIf(['root', 'network namespaces', { command: 'ethtool' }])('ethtool on a veth of our own', () => {
  let namespace: ReturnType<typeof enterNamespace>;
  beforeAll(() => {
    namespace = enterNamespace();
    run(
      'ip',
      'link',
      'add',
      'p0',
      'numrxqueues',
      '3',
      'numtxqueues',
      '4',
      'type',
      'veth',
      'peer',
      'name',
      'p1',
    );
    run('ip', 'link', 'add', 'br0', 'type', 'bridge');
  });
  afterAll(() => namespace?.leave());

  test.each(['p0', 'lo', 'br0'])('offloads() of %s agrees with ethtool -k', (name) => {
    expect(told(name)).toEqual(printed(name));
  });

  test('setOffloads() changes what it is told and nothing else', () => {
    expect(setOffloads('p0', { rxvlan: false })).toMatchObject({ rxvlan: { active: false, fixed: false } });
    expect(told('p0')).toEqual(printed('p0'));
    expect(told('p0')).toMatchObject({ rxvlan: 'off', txvlan: 'on' });
    setOffloads('p0', { rxvlan: true, txvlan: false, txvlanStag: false });
    expect(told('p0')).toMatchObject({ rxvlan: 'on', txvlan: 'off', rxvlanStag: 'on', txvlanStag: 'off' });
    expect(told('p0')).toEqual(printed('p0'));
    expect(told('p1')).toMatchObject({ rxvlan: 'on', txvlan: 'on' });
    setOffloads('p0', {});
    expect(told('p0')).toEqual(printed('p0'));
  });

  test('setOffloads() refuses what the driver keeps, and is content with what already is', () => {
    expect(() => setOffloads('p0', { rxvlanFilter: true })).toThrow(
      /^Cannot change rxvlanFilter of "p0": its driver/,
    );
    setOffloads('p0', { rxvlanFilter: false });
    expect(() => setOffloads('lo', { txvlan: false })).not.toThrow();
  });

  test('channels() agrees with ethtool -l, and says nothing where it cannot', () => {
    const lines = run('ethtool', '-l', 'p0').matchAll(/:\t+(\d+|n\/a)$/gm);
    const numbers = Array.from(lines, ([, n]) => Number(n) || 0);
    const [maxRx, maxTx, , maxCombined, rx, tx, , combined] = numbers;
    expect(channels('p0')).toEqual({ rx, tx, combined, maxRx, maxTx, maxCombined });
    expect(channels('p0')).toMatchObject({ maxRx: 3, maxTx: 4 });
    expect(channels('lo')).toBeUndefined();
  });

  test('driverName() agrees with ethtool -i', () => {
    const line = (key: string) => new RegExp(`^${key}: (.*)$`, 'm').exec(run('ethtool', '-i', 'br0'))?.[1];
    expect(driverName('br0')).toEqual({ driver: 'bridge', version: line('version'), bus: line('bus-info') });
    expect(driverName('p0')?.driver).toBe('veth');
  });

  test.each(['p9', 'p0-and-something-behind', 'p0\0', ''])('%j is no device', (name) => {
    for (const ask of [offloads, channels, driverName])
      expect(() => ask(name)).toThrow(expect.objectContaining({ code: 'EVL_NO_DEVICE' }));
  });

  test('holdPromiscuous() counts holders and captures nothing', () => {
    const { ifindex } = link('p0')!;
    const holds = [holdPromiscuous(ifindex), holdPromiscuous(ifindex)];
    expect(link('p0')?.promiscuity).toBe(2);
    expect(link('p0')?.flags).not.toContain('PROMISC');
    holds[0]!.close();
    holds[0]!.close();
    expect(link('p0')?.promiscuity).toBe(1);
    holds[1]!.close();
    expect(link('p0')?.promiscuity).toBe(0);
    expect(() => holdPromiscuous(4711)).toThrow('Cannot make link 4711 promiscuous: No such device (ENODEV)');
  });
});
