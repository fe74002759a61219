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
});
