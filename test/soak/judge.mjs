// What must hold after any mix: what was sent, what came back and what evlnet counted are the same frames.
import { transmitted, unaccounted } from '../accounts.mjs';

/** Kinds that get an answer a frame. */
const ANSWERED = [
  'echo',
  'echo-large',
  'udp-service',
  'udp-socket',
  'arp',
  'echo-fragments',
  'udp-fragments',
];
/** Kinds that are dropped, and as what. */
const DROPPED = {
  'closed-port': 'udp-no-socket',
  'unknown-protocol': 'ipv4-protocol',
  'bad-checksum': 'ipv4-bad-checksum',
  'bad-length': 'ipv4-bad-length',
  'bad-source': 'ipv4-bad-source',
};
/** Kinds that stay in-band. */
const IN_BAND = ['other-vlan', 'other-host', 'untagged'];
/** What the rings of AF_XDP had no room for. */
const LOST = ['xsk-rx-ring-full', 'xsk-fill-ring-empty', 'xsk-rx-dropped'];
/** Shorter than that a slope says nothing. */
export const LONG_S = 300;
/** Nothing for frames; what the changes of the configuration left behind waits for a full collection, some KiB each. */
const MOST_HEAP_AN_HOUR = 4 << 20;
/** 5 where a frame allocates next to nothing (test/worker/allocations.mjs), 45 where numbers on its way are boxed. */
const MOST_COLLECTIONS_A_MINUTE = 10;
/** Native memory too: it was 144 MiB where each collection was written down and kept. */
const MOST_RESIDENT_AN_HOUR = 32 << 20;
/** Packets that wait for their fragments at a time. */
const PLACES = 64;

/** `{ name, have, want, holds }` each. */
export function judge({ seconds, issuer, program, before, after, memory }) {
  const { sent, answers } = issuer;
  const grown = (ifname) => difference(after[ifname], before[ifname]);
  const [base, port, side] = ['eth0', 'eth0.42', 'eth0.44'].map(grown);
  const checks = [];
  const same = (name, have, want) => checks.push({ name, have, want, holds: have === want });
  const within = (name, have, most) =>
    checks.push({ name, have, want: `0 .. ${most}`, holds: have >= 0 && have <= most });

  for (const kind of ANSWERED) same(`${kind}: answered`, answers[kind] ?? 0, sent[kind]);
  for (const [kind, reason] of Object.entries(DROPPED))
    same(`${kind}: counted as ${reason}`, port.drops[reason], sent[kind]);
  const told = port.drops['arp-other-target'] + port.arp_learned;
  same('arp-other, arp-answer: learned, or not wanted', told, sent['arp-other'] + sent['arp-answer']);
  same('side: answered, or without a port', (answers.side ?? 0) + base.drops['no-port'], sent.side);
  same('answers that nobody asked for', answers.unknown ?? 0, 0);

  const verdicts = Object.values(base.verdicts).reduce((sum, n) => sum + n, 0);
  same('verdicts: one a frame', verdicts, issuer.frames);
  same(
    'skip: what is in-band',
    base.verdicts.skip,
    IN_BAND.reduce((sum, kind) => sum + sent[kind], 0),
  );
  const sum = (of) => [base, port, side].reduce((all, record) => all + of(record), 0);
  const lost = LOST.map((reason) => [reason, sum((record) => record.drops[reason])]);
  same(
    'received, or counted as lost: what was taken',
    sum((record) => record.stats64.rx.packets) + lost.reduce((all, [, n]) => all + n, 0),
    base.verdicts.vlan,
  );
  // Of all time: some of the warm-up may have waited when counting began.
  within('fragments that wait', unaccounted(after['eth0.42']), PLACES);
  same('nothing else waits', unaccounted(after.eth0) + unaccounted(after['eth0.44']), 0);
  const left = transmitted(base) + transmitted(port) + transmitted(side);
  same('transmitted: what came back', issuer.received - issuer.announced, left);
  for (const reason of ['tx-ring-full', 'no-buffer'])
    same(
      `lost: ${reason}`,
      sum((record) => record.drops[reason]),
      0,
    );
  for (const [reason, n] of lost) same(`lost: ${reason}`, n, 0);
  same('lost by the issuer', issuer.lost, 0);

  const { echo, all } = program;
  same('socket: received', echo.received, program.before.echo.received + sent['udp-socket']);
  same('socket: sent', echo.sent, echo.received);
  same('socket: lost', echo.dropped + echo.failed, program.before.echo.dropped + program.before.echo.failed);
  const clones = all.received + all.dropped - program.before.all.received - program.before.all.dropped;
  same('packet socket: a clone a frame, or counted', clones, port.stats64.rx.packets);
  if (seconds >= LONG_S) {
    const most = (name, have, bar) => within(name, Math.max(0, Math.round(have)), bar);
    most('heap, octets an hour', memory.heapAnHour, MOST_HEAP_AN_HOUR);
    most('memory of the worker, octets an hour', memory.residentAnHour, MOST_RESIDENT_AN_HOUR);
    most('collections a minute', (memory.collections / seconds) * 60, MOST_COLLECTIONS_A_MINUTE);
  }
  return checks;
}

/** What was counted between two records. */
function difference(after, before) {
  if (typeof after === 'number') return after - (before ?? 0);
  if (after === null || typeof after !== 'object') return after;
  return Object.fromEntries(
    Object.entries(after).map(([key, value]) => [key, difference(value, before?.[key])]),
  );
}
