import { describe, expect, test } from '@jest/globals';
import { DROPS } from '../../src/drop.js';
import { parseIpv4 } from '../../src/wire/address.js';
import * as igmp from '../../src/wire/igmp.js';
import { octets } from '../build-frame.js';

const viewOf = (text: string) => {
  const bytes = octets(text);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
};

// As Linux 6.18 sends them.
test.each<[name: string, type: number, tenths: number, group: string, wanted: string]>([
  ['a general query', igmp.Type.Query, 100, '0.0.0.0', '1164ee9b00000000'],
  ['a query about a group', igmp.Type.Query, 10, '239.1.2.3', '110afdf0ef010203'],
  ['a report', igmp.Type.ReportV2, 0, '239.1.2.3', '1600f8faef010203'],
  ['a report of IGMPv1', igmp.Type.ReportV1, 0, '239.1.2.3', '1200fcfaef010203'],
  ['a leave message', igmp.Type.Leave, 0, '239.1.2.3', '1700f7faef010203'],
])('write() and the accessors: %s', (_name, type, tenths, group, wanted) => {
  const view = new DataView(new ArrayBuffer(12));
  igmp.write(view, 4, type, tenths, parseIpv4(group));
  expect(Buffer.from(view.buffer, 4).toString('hex')).toBe(wanted);
  expect(igmp.check(view, 4, 12)).toBe(0);
  expect([igmp.type(view, 4), igmp.maxResponse(view, 4), igmp.group(view, 4)]).toEqual([
    type,
    tenths,
    parseIpv4(group),
  ]);
});

describe('check()', () => {
  test.each<[name: string, text: string, reason: string]>([
    ['7 octets', '1164ee9b000000', 'igmp-malformed'],
    ['nothing', '', 'igmp-malformed'],
    ['one off', '1164ee9c00000000', 'igmp-bad-checksum'],
    ['no checksum', '1164000000000000', 'igmp-bad-checksum'],
    [
      'a longer message with the checksum of its first octets',
      '1164ee9b00000000027d0000',
      'igmp-bad-checksum',
    ],
    ['a longer message', '1164ec1e00000000027d0000', ''],
  ])('%s', (_name, text, reason) => {
    const view = viewOf(text);
    expect(DROPS[igmp.check(view, 0, view.byteLength)]![0]).toBe(reason);
  });
});
