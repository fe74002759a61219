import type { VERDICTS } from '../../filter/verdict.js';
import type { ObjectSpec, OptionSpec, WordSpec } from '../spec.js';
import { anyDevice, device } from './device.js';

const verdict = { choices: ['accept', 'skip', 'vlan', 'drop'] satisfies (typeof VERDICTS)[number][] };

const VERDICT = '{ accept | skip | vlan | drop }';
const OBJECT = 'object FILE.o [ program NAME ]';
const RULES = 'match EXPR VERDICT... [ default VERDICT ]';
const SOURCE = `${OBJECT} | ${RULES} | all VERDICT`;

const object: WordSpec = { name: 'object', value: 'FILE.o', about: 'an eBPF object file, as clang made it' };
const program: WordSpec = {
  name: 'program',
  value: 'NAME',
  about: 'the function in it; without it the first program of a section "socket"',
};
const rules: readonly WordSpec[] = [
  {
    name: 'match',
    value: 'EXPR VERDICT',
    type: verdict,
    repeats: true,
    about: 'a rule: verdict for what a pcap-filter(7) expression matches; the first that matches decides',
  },
  {
    name: 'default',
    value: 'VERDICT',
    type: verdict,
    default: 'vlan',
    about: 'the verdict where no rule matches',
  },
  { name: 'all', value: 'VERDICT', type: verdict, about: 'the same verdict for every frame' },
];
const source: readonly WordSpec[] = [object, program, ...rules];

const output: OptionSpec = {
  name: 'output',
  letter: 'o',
  value: 'FILE.o',
  required: true,
  about: 'the file to write',
};

export const filter: ObjectSpec = {
  name: 'filter',
  about: 'which frames are taken, by eBPF object or expression',
  verbs: [
    {
      name: 'show',
      aliases: ['list', 'lst'],
      synopsis: '[ [ dev ] IFNAME ]',
      about: 'the filters of the base devices, and what runs',
      words: [anyDevice],
      json: [
        'ifname',
        'operstate',
        'engine',
        'worker',
        'object',
        'program',
        'sha256',
        'rules',
        'default',
        'all',
        'instructions',
        'why',
        'verdicts',
      ],
      examples: [
        { command: 'evlnet filter', does: 'all filters' },
        {
          command: 'evlnet -s filter show eth0',
          does: 'with the hits of each rule and what became of frames',
        },
      ],
      load: () => import('../commands/filter-show.js'),
    },
    {
      name: 'set',
      synopsis: `[ dev ] IFNAME { ${SOURCE} }`,
      about: 'give a base device a filter, or another one, while traffic flows',
      words: [device, ...source],
      examples: [
        { command: 'evlnet filter set eth0 object ecat.o', does: "an eBPF object, unmodified from EVL's" },
        {
          command: "evlnet filter set eth0 match 'udp port 5000' accept match icmp skip default vlan",
          does: 'rules, the first that matches decides',
        },
        { command: 'evlnet filter set eth0 all accept', does: 'dedicate the device' },
      ],
      load: () => import('../commands/filter-set.js'),
    },
    {
      name: 'unset',
      synopsis: '[ dev ] IFNAME',
      about: 'take the filter away: the VLAN rule alone decides',
      words: [device],
      load: () => import('../commands/filter-unset.js'),
    },
    {
      name: 'test',
      synopsis: `[ [ dev ] IFNAME ] [ ${SOURCE} ] { pcap FILE | hex BYTES... | - } [ engine { kernel | wasm | both } ] [ expect VERDICT ]`,
      about: 'try a filter on frames: what it says of each, and what the hook would do',
      words: [
        {
          ...anyDevice,
          about: 'as on that device: its ports, the VLAN set and, without another, its filter',
        },
        ...source,
        { name: 'pcap', value: 'FILE', about: 'frames of a capture, pcap or pcapng' },
        {
          name: 'hex',
          value: 'BYTES',
          repeats: true,
          about: 'a frame in hexadecimal, from its MAC addresses on',
        },
        { name: '-', about: 'a capture, or a frame in hexadecimal a line, from standard input' },
        {
          name: 'engine',
          value: 'ENGINE',
          type: { choices: ['kernel', 'wasm', 'both'] },
          default: 'wasm',
          about: 'what runs the filter: kernel needs privileges, both also compares',
        },
        { name: 'expect', value: 'VERDICT', type: verdict, about: 'exit 4 unless every frame has it' },
      ],
      json: [
        'frame',
        'length',
        'verdict',
        'oob',
        'reason',
        'rule',
        'kernel',
        'summary',
        'printed',
        'engine',
        'frames',
        'verdicts',
        'taken',
        'inband',
        'undecided',
        'unjudged',
        'reasons',
        'rules',
        'cut',
        'differences',
        'rate',
      ],
      examples: [
        {
          command: 'evlnet filter test object ecat.o pcap line.pcapng',
          does: 'what an object says of a capture, without any privilege',
        },
        {
          command: "evlnet filter test match 'udp port 5000' accept pcap cell.pcap expect accept",
          does: 'exit 4 unless all of it is accepted, for a test suite',
        },
        {
          command: 'evlnet -d filter test eth0 -',
          does: 'behind "tcpdump -i eth0 -w - |": what its filter and the VLANs make of live traffic',
        },
      ],
      load: () => import('../commands/filter-test.js'),
    },
    {
      name: 'check',
      synopsis: 'FILE.o',
      about: 'verify the programs of an eBPF object, and say where they can run',
      words: [
        { name: 'FILE.o', value: 'FILE.o', position: 'only', required: true, about: 'the eBPF object file' },
      ],
      json: ['status', 'program', 'where', 'what', 'fix'],
      examples: [{ command: 'evlnet filter check ecat.o', does: 'what is wrong with it, in its own lines' }],
      load: () => import('../commands/filter-check.js'),
    },
    {
      name: 'compile',
      synopsis: '{ match EXPR VERDICT... [ default VERDICT ] | all VERDICT } -o FILE.o',
      about: "write rules as an eBPF object that EVL's own tools take too",
      words: rules,
      options: [output],
      examples: [
        {
          command: "evlnet filter compile match 'udp port 5000' accept -o udp5000.o",
          does: 'for "evl net -F udp5000.o" on an EVL kernel, or for filter set',
        },
      ],
      load: () => import('../commands/filter-compile.js'),
    },
  ],
  notes: [
    `VERDICT is ${VERDICT.slice(2, -2).replaceAll(' |', ',')}: taken out-of-band, left in-band, decided by the VLAN set, freed.` +
      ' EXPR is an expression of pcap-filter(7).',
    'A filter belongs to the base device, also where IFNAME is a VLAN on it.',
  ],
};
