// Who asks, who is asked, and by which MAC address.
import { ISSUER, RESPONDER } from '../build-frame.js';
import { DIFFERENCES } from './differences.js';
import { ELSEWHERE } from './hosts.js';
import { echo, type Question } from './question.js';

const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const ALL_HOSTS = '01:00:5e:00:00:01';
const OTHER = '02:fc:00:00:00:77';

const from = (source: string, what = '') => echo(`from ${source} ${what}`, { ipv4: { source } });

export const SOURCES: Question[] = [
  from('0.0.0.0'),
  from('0.0.0.1', 'of 0.0.0.0/8'),
  from('0.255.255.255', 'of 0.0.0.0/8'),
  from('1.0.0.0'),
  from('10.10.10.0', 'which is the network'),
  from('10.10.10.254', 'of the subnet'),
  from('10.10.10.255', 'the subnet broadcast address'),
  from('10.255.255.255', 'a broadcast address elsewhere'),
  from('126.255.255.255'),
  from('127.0.0.0'),
  from('127.0.0.1'),
  from('127.255.255.255'),
  from('128.0.0.0'),
  from('169.254.1.1', 'link-local'),
  from('198.51.100.7', 'behind a router'),
  from('223.255.255.255'),
  from('224.0.0.0'),
  from('224.0.0.1'),
  from('239.255.255.255'),
  from('240.0.0.0', 'of class E'),
  from('250.1.2.3', 'of class E'),
  from('255.255.255.254', 'of class E'),
  from('255.255.255.255'),
  from(RESPONDER.address, 'itself'),
];

const to = (destination: string, mac: string, what = '') =>
  echo(`to ${destination} by ${mac} ${what}`, { destination: mac, ipv4: { destination } });

export const DESTINATIONS: Question[] = [
  ...['10.10.10.255', '255.255.255.255', '224.0.0.1', '224.0.0.251', '239.1.2.3'].flatMap((destination) => [
    to(destination, BROADCAST),
    to(destination, ALL_HOSTS),
    to(destination, RESPONDER.mac),
  ]),
  ...['0.0.0.0', '10.10.10.0', '10.10.10.12', '10.255.255.255', '127.0.0.1', '198.51.100.7', '240.0.0.1'].map(
    (d) => to(d, RESPONDER.mac),
  ),
  to(ISSUER.address, RESPONDER.mac, 'from it'),
  echo('from 0.0.0.0 to 0.0.0.0', { ipv4: { source: '0.0.0.0', destination: '0.0.0.0' } }),
  echo('from 0.0.0.0 to 255.255.255.255', {
    destination: BROADCAST,
    ipv4: { source: '0.0.0.0', destination: '255.255.255.255' },
  }),
  echo('to another address of the host', { ipv4: { destination: ELSEWHERE } }, DIFFERENCES.elsewhere),
];

export const MAC_ADDRESSES: Question[] = [
  echo('unicast by the broadcast address', { destination: BROADCAST }),
  echo('unicast by a multicast address', { destination: ALL_HOSTS }),
  echo('unicast by a group address that is local', { destination: '03:fc:00:00:00:01' }),
  echo("another host's MAC address", { destination: OTHER }),
  echo('a MAC address one bit from ours', { destination: '02:fc:00:00:00:03' }),
  echo('a MAC address of zeros', { destination: '00:00:00:00:00:00' }),
  echo('from a MAC address that the neighbour table does not have', { source: OTHER }, DIFFERENCES.sourceMac),
  echo('from our own MAC address', { source: RESPONDER.mac }, DIFFERENCES.sourceMac),
  echo('from the broadcast address', { source: BROADCAST }, DIFFERENCES.groupSource),
  echo('from a multicast address', { source: ALL_HOSTS }, DIFFERENCES.groupSource),
];
