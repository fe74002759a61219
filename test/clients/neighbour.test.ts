// Neighbours of an evlnet VLAN port against an unmodified kernel: its table and its ARP are the oracle.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { tool } from '../../src/lab/tool.js';
import { describeIf } from '../capability.js';
import { Stand, type Started } from './stand.js';

const PEER = '10.10.10.10';
const OWN = '10.10.10.11';
const NOBODY = '02:fc:00:00:00:77';

describeIf(['root', 'network namespaces', 'build', 'bpf', { command: 'arping' }])('evlnet neighbour', () => {
  let stand: Stand;
  let device: string;
  let lladdr: string;
  let responder: Started | undefined;
  const neigh = (...words: string[]) => {
    const { status, stdout, stderr } = stand.evlnet('neigh', ...words);
    return [status, stdout + stderr];
  };
  const ask = (...words: string[]) =>
    JSON.parse(stand.get('issuer', tool('ip'), '-j', ...words)) as Record<string, unknown>[];
  const ping = () => stand.evlnet('ping', '-q', '-c', '1', '-w', '0.5', PEER).status;

  beforeAll(async () => {
    stand = await Stand.up('neigh');
    stand.configure();
    device = String(ask('route', 'get', OWN)[0]!.dev);
    lladdr = String(ask('link', 'show', device)[0]!.address);
  }, 60_000);
  afterAll(async () => {
    await responder?.stop();
    await stand?.down();
  }, 60_000);

  test('solicit permanent without a worker: one runs for that long, and what answered is recorded', () => {
    expect(neigh('solicit', PEER, 'permanent')).toEqual([0, '']);
    expect(neigh()).toEqual([0, `${PEER} dev eth0.42 lladdr ${lladdr} PERMANENT\n`]);
  }, 60_000);

  test('a worker starts with what is recorded, and follows what is added and deleted', async () => {
    responder = await stand.responder();
    expect(neigh('add', PEER, 'lladdr', NOBODY, 'dev', 'eth0.42')).toEqual([0, '']);
    expect(ping()).toBe(4);
    expect(neigh('del', PEER, 'dev', 'eth0.42')).toEqual([0, '']);
  }, 60_000);

  test('solicit: the peer is asked by ARP, learns us from that, and is reachable', () => {
    stand.get('issuer', tool('ip'), 'neigh', 'flush', 'dev', device);
    expect(neigh('solicit', PEER)).toEqual([0, '']);
    expect(neigh()).toEqual([0, `${PEER} dev eth0.42 lladdr ${lladdr} REACHABLE\n`]);
    expect(ask('neigh', 'show', OWN)).toMatchObject([{ dst: OWN, dev: device }]);
  }, 60_000);

  test('flush: all are forgotten; who asks us by an unmodified arping is learned again', () => {
    expect(neigh('flush')).toEqual([0, '']);
    stand.get('issuer', 'arping', '-c', '1', '-I', device, OWN);
    expect(neigh()).toEqual([0, `${PEER} dev eth0.42 lladdr ${lladdr} STALE\n`]);
  }, 60_000);

  test('an address that another host claims is defended, and that is told', () => {
    // An announcement as by that host, then what is broadcast about it.
    const claims = `
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x806)); s.bind(('${device}', 0x806)); s.settimeout(10)
mac, own = bytes.fromhex('${NOBODY}'.replace(':', '')), socket.inet_aton('${OWN}')
s.send(b'\\xff' * 6 + mac + bytes.fromhex('08060001080006040001') + mac + own + bytes(6) + own)
while True:
    f = s.recv(64)
    if f[:6] == b'\\xff' * 6 and f[6:12] != mac and f[28:32] == f[38:42] == own:
        print(f[6:12].hex(':')); break
`;
    expect(stand.get('issuer', 'python3', '-c', claims)).toBe('02:fc:00:00:00:01\n');
    return responder!.printed(/^Warning: Another host claims an address of "eth0\.42" \(10\.10\.10\.11\)$/m);
  }, 60_000);
});
