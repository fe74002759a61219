// The requirements of the RFCs for a host, as far as they are about what evlnet does: a row each in test/stack/requirements.
import { describe, expect, test } from '@jest/globals';
import { entries, readPage, section } from '../man/page.js';
import { ARP } from './requirements/arp.js';
import { GROUPS } from './requirements/groups.js';
import { ICMP } from './requirements/icmp.js';
import { IPV4 } from './requirements/ipv4.js';
import { UDP } from './requirements/udp.js';
import { UNMET } from './requirements/unmet.js';

describe.each([
  ['IPv4', IPV4],
  ['ICMP', ICMP],
  ['UDP', UDP],
  ['ARP', ARP],
  ['groups', GROUPS],
])('%s', (_name, rows) => {
  for (const { rfc, section, level, text, holds } of rows)
    test(`RFC ${rfc} ${section} ${level}: ${text}`, () => holds!());
});

test('evlnet(7) tells what is asked and not so, and nothing else', () => {
  const told = entries(section(readPage('evlnet.7'), 'STANDARDS')).map(({ tags, text }) => [
    tags.join(),
    text,
  ]);
  const want = UNMET.map((r) => [
    `RFC ${r.rfc}, ${r.section} (${r.level})`,
    `${r.text}. Not here: ${r.unmet}`,
  ]);
  expect(told).toEqual(want);
});
