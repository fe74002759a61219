import { expect, test } from '@jest/globals';
import { echoLine, echoRecord } from '../../src/cli/ping/record.js';
import { type Echo, EchoKind, TRUNCATED } from '../../src/memory/echo-page.js';

const echo = (more: Partial<Echo>): Echo => ({
  client: 0,
  kind: EchoKind.Reply,
  sequence: 7,
  source: 0x0a0a0a0a,
  length: 64,
  ttl: 64,
  ns: 1_234_567,
  detail: 0,
  ...more,
});
const error = (type: number, code: number, rest = 0) =>
  echo({ kind: EchoKind.Error, detail: type * 256 + code, ns: rest });
const reply = '64 bytes from 10.10.10.10: icmp_seq=7 ttl=64 time=1.235 ms';

// As iputils' ping prints the same answers.
test.each<[line: string, Echo]>([
  [reply, echo({})],
  [`${reply} (DUP!)`, echo({ kind: EchoKind.Duplicate })],
  [`${reply} (truncated)`, echo({ detail: TRUNCATED })],
  [`${reply}\nwrong data byte #22 should be 0x16 but was 0x58`, echo({ detail: 23 * 0x1_0000 + 0x1658 })],
  ['From 10.10.10.10 icmp_seq=7 Destination Host Unreachable', error(3, 1)],
  ['From 10.10.10.10 icmp_seq=7 Frag needed and DF set (mtu = 1000)', error(3, 4, 1000)],
  ['From 10.10.10.10 icmp_seq=7 Source Quench', error(4, 0)],
  ['From 10.10.10.10 icmp_seq=7 Redirect Host(New nexthop: 10.10.10.1)', error(5, 1, 0x0a0a0a01)],
  ['From 10.10.10.10 icmp_seq=7 Time to live exceeded', error(11, 0)],
  ['From 10.10.10.10 icmp_seq=7 Parameter problem: pointer = 20', error(12, 0, 20 * 2 ** 24)],
  ['From 10.10.10.10 icmp_seq=7 ICMP type 3 code 99', error(3, 99)],
])('%s', (line, answer) => {
  expect(echoLine(echoRecord(answer))).toBe(line);
});
