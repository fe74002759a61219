import { describe, expect, test } from '@jest/globals';
import { deviceOptions, emptyState, SCHEMA, validate } from '../../src/state/schema.js';

const full = {
  schema: 1,
  rev: 17,
  ports: {
    eth0: {},
    'eth0.42': {
      link: 'eth0',
      vid: 42,
      address: '10.10.10.11/24',
      ethertype: 'any',
      neighbours: { '10.10.10.10': { lladdr: '02:fc:00:00:00:02' } },
    },
  },
  devices: { eth0: { driver: 'xdp', mode: 'generic', pool: 2048, bufsz: 4096 } },
  vlans: '42-45,100',
  filters: {
    eth0: { object: '/etc/evlnet/ecat.o', program: 'bpf_netrx', sha256: 'ab'.repeat(32) },
    eth1: { rules: [{ match: 'udp port 5000', verdict: 'accept' }], default: 'skip' },
    eth2: { all: 'accept' },
  },
  services: {
    eth0: {
      services: [
        { service: 'icmp-responder', port: 'eth0.42' },
        { service: 'udp-echo', udpPort: 7 },
      ],
      spin: 'always',
      cpu: '1-2',
      priority: 10,
    },
  },
};

describe('validate', () => {
  test('takes the whole document as it is', () => {
    expect(validate(full)).toEqual({ state: full });
  });

  test('fills in what is absent', () => {
    expect(validate({ schema: 1 })).toEqual({ state: emptyState() });
  });

  test('keeps unknown keys at every level', () => {
    const document = {
      schema: 1,
      rev: 1,
      neighbours: { 'eth0.42': ['10.10.10.10'] },
      ports: {
        'eth0.42': {
          vid: 42,
          colour: 'red',
          neighbours: { '10.10.10.10': { lladdr: '02:fc:00:00:00:02', since: 3 } },
        },
      },
      devices: { eth0: { later: [1] } },
      vlans: '',
      filters: {
        eth0: { all: 'skip', since: 3 },
        eth1: { rules: [{ match: 'arp', verdict: 'skip', note: '' }], default: 'vlan' },
      },
      services: { eth0: { services: [{ service: 'udp-echo', ttl: 1 }], nice: -5 } },
    };
    expect(validate(document)).toEqual({ state: document });
  });

  test.each([
    ['a list', { rev: [] }, 'rev'],
    ['a list for an object', { ports: [] }, 'ports'],
    [
      'a MAC address',
      { ports: { a: { neighbours: { '10.0.0.1': { lladdr: '2:fc' } } } } },
      'ports.a.neighbours."10.0.0.1".lladdr',
    ],
    [
      'an address',
      { ports: { a: { neighbours: { '10.0.0.01': { lladdr: '02:fc:00:00:00:02' } } } } },
      'ports.a.neighbours."10.0.0.01"',
    ],
    ['null for an object', { services: null }, 'services'],
    ['rev', { rev: -1 }, 'rev'],
    ['a port', { ports: { 'eth0.42': 7 } }, 'ports."eth0.42"'],
    ['an interface name', { ports: { 'eth 0': {} } }, 'ports."eth 0"'],
    ['a folder as a name', { devices: { '..': {} } }, 'devices.".."'],
    ['vid 0', { ports: { 'eth0.42': { vid: 0 } } }, 'ports."eth0.42".vid'],
    ['vid 4095', { ports: { 'eth0.42': { vid: 4095 } } }, 'ports."eth0.42".vid'],
    ['vid as text', { ports: { 'eth0.42': { vid: '42' } } }, 'ports."eth0.42".vid'],
    ['null', { ports: { 'eth0.42': { link: null } } }, 'ports."eth0.42".link'],
    ['an address without length', { ports: { eth0: { address: '10.0.0.1' } } }, 'ports.eth0.address'],
    ['an octet of 256', { ports: { eth0: { address: '10.0.0.256/8' } } }, 'ports.eth0.address'],
    ['a length of 33', { ports: { eth0: { address: '10.0.0.1/33' } } }, 'ports.eth0.address'],
    ['another ethertype', { ports: { eth0: { ethertype: 'ipv6' } } }, 'ports.eth0.ethertype'],
    ['driver', { devices: { 'eth-0': { driver: 'dpdk' } } }, 'devices.eth-0.driver'],
    ['pool 32769', { devices: { eth0: { pool: 32769 } } }, 'devices.eth0.pool'],
    ['bufsz 16385', { devices: { eth0: { bufsz: 16385 } } }, 'devices.eth0.bufsz'],
    ['half a buffer', { devices: { eth0: { bufsz: 0.5 } } }, 'devices.eth0.bufsz'],
    ['VLAN 1', { vlans: '1-5' }, 'vlans'],
    ['VLAN 4095', { vlans: '42,4095' }, 'vlans'],
    ['a backward range', { vlans: '45-42' }, 'vlans'],
    ['words', { vlans: 'all' }, 'vlans'],
    ['a relative path', { filters: { eth0: { object: 'f.o' } } }, 'filters.eth0.object'],
    ['half a SHA-256', { filters: { eth0: { object: '/f.o', sha256: 'ab' } } }, 'filters.eth0.sha256'],
    ['a filter without anything', { filters: { eth0: {} } }, 'filters.eth0.object'],
    ['rules without default', { filters: { eth0: { rules: [] } } }, 'filters.eth0.default'],
    [
      'the verdict of a rule',
      { filters: { eth0: { rules: [{ match: 'ip', verdict: 'pass' }], default: 'vlan' } } },
      'filters.eth0.rules[0].verdict',
    ],
    ['the verdict for all', { filters: { eth0: { all: 1 } } }, 'filters.eth0.all'],
    ['null for a filter', { filters: { eth0: null } }, 'filters.eth0'],
    ['no services', { services: { eth0: {} } }, 'services.eth0.services'],
    [
      'UDP port 0',
      { services: { eth0: { services: [{ service: 'udp-echo', udpPort: 0 }] } } },
      'services.eth0.services[0].udpPort',
    ],
    [
      'an unknown service',
      { services: { eth0: { services: [{ service: 'udp-echo' }, { service: 'dns' }] } } },
      'services.eth0.services[1].service',
    ],
    ['spin', { services: { eth0: { services: [], spin: -1 } } }, 'services.eth0.spin'],
    ['cpu', { services: { eth0: { services: [], cpu: 'one' } } }, 'services.eth0.cpu'],
    ['priority', { services: { eth0: { services: [], priority: 100 } } }, 'services.eth0.priority'],
  ])('names the key: %s', (_, part, path) => {
    expect(validate({ schema: 1, ...part })).toMatchObject({ violation: { path } });
  });

  test.each([
    [[], 'the document', 'is a list, expected an object'],
    [null, 'the document', 'is null, expected an object'],
    [
      { schema: 1, ports: { 'eth0.42': { link: 'eth0', vid: 42 }, twin: { link: 'eth0', vid: 42 } } },
      'ports.twin.vid',
      'is 42, the VLAN of "eth0.42" on eth0',
    ],
    [{}, 'schema', 'is missing'],
    [{ schema: '1' }, 'schema', 'is "1", expected 1'],
    [{ schema: 1, vlans: {} }, 'vlans', expect.stringContaining('is an object, expected a list of VLAN IDs')],
    [{ schema: 1, services: { eth0: {} } }, 'services.eth0.services', 'is missing'],
    [
      { schema: 1, ports: { 'eth0.42': { vid: '42' } } },
      'ports."eth0.42".vid',
      'is "42", expected an integer from 1 to 4094',
    ],
    [
      { schema: 1, devices: { eth0: { mode: 'fast' } } },
      'devices.eth0.mode',
      'is "fast", expected "auto" or "native" or "generic"',
    ],
  ])('says what is wrong: %j', (document, path, reason) => {
    expect(validate(document)).toEqual({ violation: { path, reason } });
  });
});

test('emptyState is a valid document of the present schema, made anew each time', () => {
  const state = emptyState();
  state.ports.eth0 = {};
  expect(emptyState()).toEqual({
    schema: SCHEMA,
    rev: 0,
    ports: {},
    devices: {},
    vlans: '',
    filters: {},
    services: {},
  });
});

test('deviceOptions fills in the defaults of EVL', () => {
  const state = { ...emptyState(), devices: { eth0: { pool: 128 } } };
  expect(deviceOptions(state, 'eth0')).toEqual({ driver: 'auto', mode: 'auto', pool: 128, bufsz: 4096 });
  expect(deviceOptions(state, 'eth1')).toEqual({ driver: 'auto', mode: 'auto', pool: 2048, bufsz: 4096 });
});
