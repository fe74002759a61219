// What datagrams, pings, ARP and fragments become on bad links. The table is compared with test/golden/netsim.txt, so that every change of
// behaviour shows as a difference; UPDATE_GOLDEN=1 writes it anew. What must hold whatever the link does is tested beside it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { receptionDrops, transmitted, unaccounted } from '../accounts.mjs';
import type { Conditions } from './link.js';
import { Simulation } from './simulation.js';

const GOLDEN = 'test/golden/netsim.txt';

const LINKS: [name: string, conditions: Conditions][] = [
  ['good', {}],
  ['5 ms away', { delayMs: 5 }],
  ['jitter 50 ms', { delayMs: 5, jitterMs: 50 }],
  ['loss 0.1%', { loss: 0.001 }],
  ['loss 1%', { loss: 0.01 }],
  ['loss 20%', { loss: 0.2 }],
  ['doubled 5%', { duplicate: 0.05 }],
  ['all doubled', { duplicate: 1 }],
  ['reordered 5%', { reorder: 0.05 }],
  ['reordered 50%, 1 s', { reorder: 0.5, reorderMs: 1000 }],
  ['corrupt 1%', { corrupt: 0.01 }],
  ['corrupt 20%', { corrupt: 0.2 }],
  ['everything', { loss: 0.01, duplicate: 0.01, reorder: 0.05, corrupt: 0.01, delayMs: 1, jitterMs: 5 }],
  ['lost', { loss: 1 }],
];

const played = LINKS.map(([name, conditions], i) => {
  const simulation = new Simulation(i + 1, conditions);
  simulation.run();
  return { name, conditions, simulation };
});

describe.each(played)('on a link: $name,', ({ conditions, simulation }) => {
  const { hosts, link, there, back, pings } = simulation;
  const doubled = link.passages.reduce((sum, p) => sum + p.duplicated, 0);

  test('nothing is delivered that was not sent, octet for octet', () => {
    expect([there.invented, back.invented]).toEqual([0, 0]);
  });

  test('nothing comes twice that the link did not double', () => {
    expect(there.doubled + back.doubled + pings.doubled).toBeLessThanOrEqual(doubled);
  });

  test('nothing is missing where the link loses and corrupts nothing', () => {
    if (conditions.loss || conditions.corrupt) return;
    expect([there.came, back.came, pings.answered]).toEqual([there.sent, back.sent, pings.sent]);
  });

  test('once all is quiet, nobody holds a buffer or a fragment', () => {
    expect(hosts.map((host) => host.held)).toEqual([0, 0]);
    expect(hosts.flatMap((host) => host.records.map(unaccounted))).toEqual([0, 0, 0, 0]);
    expect(hosts.map((host) => host.failed)).toEqual([0, 0]);
  });

  test('the counters add up to the frames of the link', () => {
    hosts.forEach((host, i) => {
      const [port, none] = host.records;
      const [sent, got] = [link.passages[i]!, link.passages[1 - i]!];
      expect([transmitted(port), port.stats64.tx.bytes]).toEqual([sent.sent, sent.sentOctets]);
      expect(port.stats64.rx.packets + none.stats64.rx.packets).toBe(got.delivered);
      expect(port.stats64.rx.bytes + none.stats64.rx.bytes).toBe(got.deliveredOctets);
      expect(got.delivered).toBe(got.sent - got.lost + got.duplicated);
    });
  });
});

test('the same seed is the same run', () => {
  const { conditions } = played.find((p) => p.name === 'everything')!;
  const runs = [7, 7, 8].map((seed) => {
    const simulation = new Simulation(seed, conditions);
    simulation.run();
    return row('', simulation);
  });
  expect(runs[0]).toBe(runs[1]);
  expect(runs[0]).not.toBe(runs[2]);
});

test('the table is as committed', () => {
  const table = [HEADER, ...played.map(({ name, simulation }) => row(name, simulation))].join('\n');
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync('test/golden', { recursive: true });
    writeFileSync(GOLDEN, `${table}\n`);
  }
  expect(`${table}\n`).toBe(readFileSync(GOLDEN, 'utf8'));
});

/** Columns: what the link did to the frames of both directions, then what became of datagrams to the peer and back, and of pings. */
const COLUMNS = [
  ['frames', 8],
  ['lost', 6],
  ['doubled', 8],
  ['corrupt', 8],
  ['datagrams', 10],
  ['came', 5],
  ['returned', 9],
  ['doubled', 8],
  ['pings', 6],
  ['answered', 9],
  ['doubled', 8],
] as const;
const HEADER = line(
  'link',
  COLUMNS.map(([name]) => name),
);

function line(name: string, cells: readonly (string | number)[]): string {
  return `${name.padEnd(20)}${cells.map((cell, i) => String(cell).padStart(COLUMNS[i]![1])).join('')}`;
}

/** Below it what the hosts dropped, by reason. */
function row(name: string, { link, there, back, pings, hosts }: Simulation): string {
  const sum = (key: 'sent' | 'lost' | 'duplicated' | 'corrupted') =>
    link.passages.reduce((n, passage) => n + passage[key], 0);
  const drops = new Map<string, number>();
  for (const record of hosts.flatMap((host) => host.records))
    for (const [reason, n] of [...Object.entries(receptionDrops(record)), ...sendingDrops(record)])
      drops.set(reason, (drops.get(reason) ?? 0) + n);
  const cells = [
    ...[sum('sent'), sum('lost'), sum('duplicated'), sum('corrupted')],
    ...[there.sent, there.came, back.came, there.doubled + back.doubled],
    ...[pings.sent, pings.answered, pings.doubled],
  ];
  const dropped = [...drops].map(([reason, n]) => `    ${reason} ${n}`).sort();
  return [line(name, cells), ...dropped].join('\n');
}

const sendingDrops = ({ drops }: { drops: Record<string, number> }) =>
  Object.entries(drops).filter(([name, n]) => n > 0 && /^(no-buffer|neighbour-|tx-)/.test(name));
