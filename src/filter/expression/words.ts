// The words of pcap-filter(7), libpcap 1.10: those that are understood, and those that are known but cannot be had here.

/** Protocols: a primitive by themselves, and a qualifier of others. Their numbers are in `ETHERTYPES` and `PROTOCOLS`. */
export const QUALIFIERS = new Set(['ether', 'ip', 'ip6', 'arp', 'rarp', 'tcp', 'udp', 'sctp']);

/** ether proto NAME; up to 1500 a service access point of IEEE 802.2. */
export const ETHERTYPES: ReadonlyMap<string, number> = new Map([
  ['ip', 0x0800],
  ['ip6', 0x86dd],
  ['arp', 0x0806],
  ['rarp', 0x8035],
  ['stp', 0x42],
  ['iso', 0xfe],
  ['netbeui', 0xf0],
  ['moprc', 0x6002],
  ['mopdl', 0x6001],
  ['decnet', 0x6003],
  ['lat', 0x6004],
  ['sca', 0x6007],
  ['loopback', 0x9000],
]);

/** [ ip | ip6 ] proto NAME, as /etc/protocols has them. */
export const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['icmp', 1],
  ['igmp', 2],
  ['ipencap', 4],
  ['tcp', 6],
  ['igrp', 9],
  ['udp', 17],
  ['dccp', 33],
  ['ipv6', 41],
  ['gre', 47],
  ['esp', 50],
  ['ah', 51],
  ['icmp6', 58],
  ['ipv6-icmp', 58],
  ['eigrp', 88],
  ['ospf', 89],
  ['pim', 103],
  ['vrrp', 112],
  ['carp', 112],
  ['sctp', 132],
  ['udplite', 136],
]);

/** Protocols that stand by themselves, as `udp` does: over which version of IP. */
export const OVER: ReadonlyMap<string, 'ip' | 'ip6' | 'both'> = new Map([
  ['icmp', 'ip'],
  ['igmp', 'ip'],
  ['igrp', 'ip'],
  ['vrrp', 'ip'],
  ['carp', 'ip'],
  ['icmp6', 'ip6'],
  ['tcp', 'both'],
  ['udp', 'both'],
  ['sctp', 'both'],
  ['ah', 'both'],
  ['esp', 'both'],
  ['pim', 'both'],
]);

/** Ethertypes that stand by themselves, as `arp` does. */
export const LINK_WORDS = new Set([
  'ip',
  'ip6',
  'arp',
  'rarp',
  'stp',
  'iso',
  'netbeui',
  'moprc',
  'mopdl',
  'decnet',
  'lat',
  'sca',
]);

/** Other spellings. */
export const ALIASES: ReadonlyMap<string, string> = new Map([
  ['&&', 'and'],
  ['||', 'or'],
  ['!', 'not'],
  ['==', '='],
  ['link', 'ether'],
  ['length', 'len'],
]);

const STRUCTURE = new Set([
  ...['and', 'or', 'not', 'src', 'dst', 'host', 'net', 'mask', 'port', 'portrange', 'proto'],
  ...['broadcast', 'multicast', 'less', 'greater', 'vlan', 'len'],
]);

/** Of pcap-filter(7), but not to be had: why. */
export const UNSUPPORTED: ReadonlyMap<string, string> = new Map([
  ['gateway', 'it needs the names of hosts, which are not looked up'],
  ['protochain', 'it needs a loop over the headers'],
  ['byte', 'write ether[N]'],
  ...rows('the hook sees received frames only', 'inbound outbound'),
  ...rows('a filter belongs to one interface', 'ifindex ifname on'),
  ...rows('it is for logs of pf(4)', 'rulenum rnr ruleset rset srnr subrulenum reason action'),
  ...rows(
    'what is inside of it cannot be read; use byte accesses',
    'mpls pppoes geneve llc aarp atalk ipx clnp esis isis l1 l2 iih lsp snp csnp psnp',
  ),
  ['pppoed', 'write ether proto 0x8863'],
  ...rows(
    'the frames are Ethernet',
    'fddi tr wlan ppp slip radio type subtype dir addr1 addr2 addr3 addr4 ra ta vpi vci lane metac bcc sc ilmic',
  ),
  ...rows('the frames are Ethernet', 'oam oamf4 oamf4sc oamf4ec oamf4s oamf4e connectmsg metaconnect'),
  ...rows(
    'the frames are Ethernet',
    'fisu lssu lsu msu hfisu hlssu hmsu sio opc dpc sls hsio hopc hdpc hsls',
  ),
]);

/** Names of numbers: <netinet/tcp.h>, RFC 792, RFC 4443. */
export const NUMBERS: ReadonlyMap<string, number> = new Map([
  ['icmptype', 0],
  ['icmpcode', 1],
  ['icmp6type', 0],
  ['icmp6code', 1],
  ['tcpflags', 13],
  ...numbered('tcp-', { fin: 1, syn: 2, rst: 4, push: 8, ack: 16, urg: 32, ece: 64, cwr: 128 }),
  ...numbered('icmp-', {
    echoreply: 0,
    unreach: 3,
    sourcequench: 4,
    redirect: 5,
    echo: 8,
    routeradvert: 9,
    routersolicit: 10,
    timxceed: 11,
    paramprob: 12,
    tstamp: 13,
    tstampreply: 14,
    ireq: 15,
    ireqreply: 16,
    maskreq: 17,
    maskreply: 18,
  }),
  ...numbered('icmp6-', {
    destinationunreach: 1,
    packettoobig: 2,
    timeexceeded: 3,
    parameterproblem: 4,
    echo: 128,
    echoreply: 129,
    multicastlistenerquery: 130,
    multicastlistenerreportv1: 131,
    multicastlistenerdone: 132,
    routersolicit: 133,
    routeradvert: 134,
    neighborsolicit: 135,
    neighboradvert: 136,
    redirect: 137,
    routerrenum: 138,
    nodeinformationquery: 139,
    nodeinformationresponse: 140,
    ineighbordiscoverysolicit: 141,
    ineighbordiscoveryadvert: 142,
    multicastlistenerreportv2: 143,
    homeagentdiscoveryrequest: 144,
    homeagentdiscoveryreply: 145,
    mobileprefixsolicit: 146,
    mobileprefixadvert: 147,
    certpathsolicit: 148,
    certpathadvert: 149,
    multicastrouteradvert: 151,
    multicastroutersolicit: 152,
    multicastrouterterm: 153,
  }),
]);

/** All that may be meant by a word that is not known. */
export const KNOWN = new Set([...STRUCTURE, ...QUALIFIERS, ...OVER.keys(), ...LINK_WORDS, ...NUMBERS.keys()]);

function rows(reason: string, words: string): [string, string][] {
  return words.split(' ').map((word) => [word, reason]);
}

function numbered(prefix: string, numbers: Record<string, number>): [string, number][] {
  return Object.entries(numbers).map(([name, number]) => [`${prefix}${name}`, number]);
}
