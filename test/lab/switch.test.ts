import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { labUp } from '../../src/lab/index.js';
import { describeIf } from '../capability.js';
import { labOf, type Place, removeLabs, traverse } from './host.js';

const lab = labOf('switch');
const TRUNK: Place = ['responder', 'eth0'];
const UNTAGGED: Place = ['issuer', 'eno2'];
const ON_42: Place = ['issuer', 'eno2.42'];
const ON_43: Place = ['issuer', 'eno2.43'];
const EVERYWHERE = [TRUNK, UNTAGGED, ON_42, ON_43];

const MARKER = 'fffefdfcfbfa';
// A local experimental Ethernet type, broadcast; 46 octets of payload so that no driver pads it.
const frame = (tag: string, payload: string) =>
  `ffffffffffff 02fc00000099 ${tag} 88b5 ${payload.padEnd(92, '0')}`.replaceAll(' ', '');
const marker = (tag: string) => frame(tag, MARKER);
/** The last frames of each run: one for every interface. */
const MARKERS = [
  [...UNTAGGED, marker('')],
  [...TRUNK, marker('')],
  [...TRUNK, marker('8100002a')],
  [...TRUNK, marker('8100002b')],
] as const;

describeIf(['root', 'network namespaces', 'bpf', { command: 'python3' }])('the access switch', () => {
  beforeAll(() => labUp({ name: lab }));
  afterAll(() => removeLabs(lab));

  test.each<{
    name: string;
    from: Place;
    sent: string;
    want: Partial<Record<'trunk' | 'eno2' | 'on42' | 'on43', string>>;
  }>([
    { name: 'tags what enters VLAN 42', from: ON_42, sent: '', want: { trunk: '8100002a' } },
    { name: 'tags what enters VLAN 43', from: ON_43, sent: '', want: { trunk: '8100002b' } },
    { name: 'leaves untagged what enters no VLAN', from: UNTAGGED, sent: '', want: { trunk: '' } },
    { name: 'drops a tagged frame at an access port', from: ON_42, sent: '8100002a', want: {} },
    { name: 'drops a tagged frame at the untagged port', from: UNTAGGED, sent: '8100002a', want: {} },
    {
      name: 'delivers VLAN 42 there alone, without the tag',
      from: TRUNK,
      sent: '8100002a',
      want: { on42: '' },
    },
    {
      name: 'delivers VLAN 43 there alone, without the tag',
      from: TRUNK,
      sent: '8100002b',
      want: { on43: '' },
    },
    { name: 'delivers untagged frames there alone', from: TRUNK, sent: '', want: { eno2: '' } },
    {
      name: 'keeps the inner tag of QinQ',
      from: TRUNK,
      sent: '8100002a8100002b',
      want: { on42: '8100002b' },
    },
    { name: 'goes by the VID, not the priority', from: TRUNK, sent: '8100e02a', want: { on42: '' } },
    { name: 'delivers VLAN 99 nowhere', from: TRUNK, sent: '81000063', want: {} },
    { name: 'delivers a priority tag (VID 0) nowhere', from: TRUNK, sent: '81000000', want: {} },
  ])('$name', ({ from, sent, want }) => {
    const payload = 'c0ffee';
    const [trunk, eno2, on42, on43] = traverse(
      lab,
      EVERYWHERE,
      [[...from, frame(sent, payload)], ...MARKERS],
      MARKER,
    );
    const wanted = (tag: string | undefined) => (tag === undefined ? [] : [frame(tag, payload)]);
    expect({ trunk, eno2, on42, on43 }).toEqual({
      trunk: wanted(want.trunk),
      eno2: wanted(want.eno2),
      on42: wanted(want.on42),
      on43: wanted(want.on43),
    });
  });
});
