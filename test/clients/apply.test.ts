// A configuration that comes and goes as a whole, under a worker that runs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { EVLNET, Stand, type Started, until } from './stand.js';

describeIf(['root', 'network namespaces', 'build', 'bpf', { command: 'ping' }])('evlnet apply', () => {
  let stand: Stand;
  let worker: Started | undefined;
  let file: string;
  let document: Record<string, unknown>;
  const apply = (changed: object, ...words: string[]) => {
    writeFileSync(file, JSON.stringify({ ...document, ...changed }));
    const { status, stdout, stderr } = stand.evlnet('apply', file, ...words);
    return [status, stdout, stderr];
  };
  const ping = () => stand.ping('-c', '1', '-W', '0.3', '10.10.10.11').received;

  beforeAll(async () => {
    stand = await Stand.up('apply');
    stand.configure();
    file = join(dirname(stand.stateFile), 'wanted.json');
    document = JSON.parse(stand.evlnet('state', 'export').stdout) as Record<string, unknown>;
    worker = await stand.worker('icmp-responder');
  }, 60_000);
  afterAll(async () => {
    await worker?.stop();
    await stand?.down();
  }, 60_000);

  test('a VLAN leaves the set and enters it again: the worker follows before the command returns', () => {
    expect(stand.ping('-c', '1', '-w', '5', '10.10.10.11').received).toBe(1);
    expect(apply({ vlans: '' }, '--dry-run')).toEqual([4, '- vlans 42\n', '']);
    expect(ping()).toBe(1);
    expect(apply({ vlans: '' })).toEqual([0, '- vlans 42\n', '']);
    expect(ping()).toBe(0);
    expect(apply({})).toEqual([0, '+ vlans 42\n', '']);
    expect(ping()).toBe(1);
  }, 60_000);

  test('a port goes and comes back, with a filter: one step each', () => {
    expect(apply({ ports: {}, vlans: '' })[1]).toBe(
      '- port eth0.42 link eth0 vid 42 address 10.10.10.11/24\n- vlans 42\n',
    );
    expect(ping()).toBe(0);
    const filters = { eth0: { rules: [{ match: 'vlan 42 and icmp', verdict: 'drop' }], default: 'vlan' } };
    const [status, out, err] = apply({ filters });
    expect([status, err]).toEqual([0, '']);
    expect(out).toBe(
      "+ port eth0.42 link eth0 vid 42 address 10.10.10.11/24\n+ vlans 42\n+ filter eth0 match 'vlan 42 and icmp' drop default vlan\n",
    );
    expect(ping()).toBe(0);
    expect(apply({})[1]).toBe("- filter eth0 match 'vlan 42 and icmp' drop default vlan\n");
    expect(ping()).toBe(1);
    const before = readFileSync(stand.stateFile, 'utf8');
    expect(apply({})).toEqual([0, '', '']);
    expect(readFileSync(stand.stateFile, 'utf8')).toBe(before);
  }, 60_000);

  test('who writes the state file in two steps is not undone by who follows it', async () => {
    const whole = readFileSync(stand.stateFile, 'utf8');
    const changed = whole.replace('"vlans": "42"', '"vlans": ""');
    expect(changed).not.toBe(whole);
    writeFileSync(stand.stateFile, changed.slice(0, 20));
    // Longer than a worker waits for the rest.
    await new Promise((resolve) => setTimeout(resolve, 400));
    appendFileSync(stand.stateFile, changed.slice(20));
    await until(() => ping() === 0, 20_000, 'the worker follows');
    expect(readFileSync(stand.stateFile, 'utf8')).toBe(changed);
    writeFileSync(stand.stateFile, whole);
    await until(() => ping() === 1, 20_000, 'the worker follows again');
  }, 60_000);

  test('many at a time: each is recorded whole, and none is lost', async () => {
    const state = join(dirname(file), 'many.json');
    const wanted = ['a', 'b'].map((name, i) => {
      const path = join(dirname(file), `${name}.json`);
      const vids = i === 0 ? '100' : '200-201';
      writeFileSync(path, JSON.stringify({ schema: 1, vlans: vids, devices: {}, filters: {} }));
      return path;
    });
    const runs = await Promise.all(
      Array.from({ length: 6 }, async (_, i) => {
        const child = spawn(process.execPath, [EVLNET, '-state', state, 'apply', wanted[i % 2]!]);
        let out = '';
        child.stdout.on('data', (text) => {
          out += text;
        });
        const [code] = await once(child, 'close');
        return { code: code as number, out };
      }),
    );
    const { rev, vlans } = JSON.parse(readFileSync(state, 'utf8')) as { rev: number; vlans: string };
    expect(['100', '200-201']).toContain(vlans);
    // As many revisions as differences that were printed.
    expect(runs.filter(({ out }) => out !== '').length).toBe(rev);
    // 2: another one was recorded before the workers were asked.
    for (const { code } of runs) expect([0, 2]).toContain(code);
  }, 60_000);
});
