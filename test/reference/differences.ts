// Where evlnet does not answer as Linux, and why. What is here must differ just so; what is not here must be the same.

export interface Difference {
  /** The answers, as `outcome()` names them. */
  readonly kernel: string;
  readonly evlnet: string;
  /** Fields that differ where both answer. */
  readonly apart?: readonly string[];
  readonly why: string;
}

const silentErrors = 'evlnet sends no ICMP errors, as EVL: the drop is counted by its reason instead';

export const DIFFERENCES = {
  oversize: {
    kernel: 'nothing',
    evlnet: 'echo reply',
    why: 'a fragment beyond 65,535 octets is refused as it comes; Linux keeps it and refuses the packet that it is found in',
  },
  parameterProblem: { kernel: 'icmp 12/0', evlnet: 'nothing', why: silentErrors },
  protocolUnreachable: { kernel: 'icmp 3/2', evlnet: 'nothing', why: silentErrors },
  portUnreachable: { kernel: 'icmp 3/3', evlnet: 'nothing', why: silentErrors },
  reset: {
    kernel: 'protocol 6',
    evlnet: 'nothing',
    why: 'evlnet has no TCP: no port of it can be connected to',
  },
  noTcp: {
    kernel: 'nothing',
    evlnet: 'icmp 3/2',
    why: 'Linux has TCP and drops what is no segment; to evlnet it is a protocol that nothing speaks',
  },
  quotedOptions: {
    kernel: 'icmp 3/3',
    evlnet: 'icmp 3/3',
    apart: ['checksum', 'payload'],
    why: 'Linux fills in the options of the packet before it quotes it; evlnet quotes it as it came (RFC 792)',
  },
  quotedBeforeWrong: {
    kernel: 'icmp 12/0',
    evlnet: 'icmp 12/0',
    apart: ['checksum', 'payload'],
    why: 'Linux fills in the options before the wrong one before it quotes them; evlnet quotes the packet as it came (RFC 792)',
  },
  refusedLabel: {
    kernel: 'icmp 12/0',
    evlnet: 'icmp 12/0',
    apart: ['IHL', 'total length', 'length'],
    why: 'Linux sends the CIPSO option that it refuses back in the options of the error; evlnet, which knows no label, sends none',
  },
  elsewhere: {
    kernel: 'echo reply',
    evlnet: 'nothing',
    why: 'Linux answers for any address of the host; a port answers for its own, as each has its own network',
  },
  elsewhereArp: {
    kernel: 'arp 2',
    evlnet: 'nothing',
    why: 'the same for ARP (arp_ignore 0): the address belongs to another interface',
  },
  sourceMac: {
    kernel: 'echo reply',
    evlnet: 'echo reply',
    apart: ['destination MAC'],
    why: 'Linux looks the sender up in its neighbour table; evlnet, as EVL, replies to where the frame came from',
  },
  groupSource: {
    kernel: 'echo reply',
    evlnet: 'nothing',
    why: 'the same, and no frame may come from a group address (IEEE 802.3 §3.2.3): the reply would go to many',
  },
  groupSourceArp: {
    kernel: 'arp 2',
    evlnet: 'nothing',
    why: 'no host has a group address (IEEE 802.3 §3.2.3): the reply would go to many',
  },
  zeroSum: {
    kernel: 'echo reply',
    evlnet: 'echo reply',
    apart: ['checksum'],
    why: 'Linux sends 0x0000 for a message of zeros, which ping reports as wrong; 0xffff is right (RFC 1071)',
  },
  ieee802Arp: {
    kernel: 'arp 2',
    evlnet: 'nothing',
    why: 'hardware type 6 is for 802.2 frames (RFC 1042); evlnet speaks Ethernet II',
  },
  reflectedArp: {
    kernel: 'arp 2',
    evlnet: 'nothing',
    why: "a request from the port's own MAC address is its own frame come back, or a forged one",
  },
  udpTos: {
    kernel: 'datagram',
    evlnet: 'datagram',
    apart: ['TOS'],
    why: 'RFC 1122 §4.1.4 leaves TOS to the application, and an echo out-of-band keeps the priority of the request',
  },
  udpBroadcast: {
    kernel: 'datagram',
    evlnet: 'nothing',
    why: 'the application chooses (RFC 1122 §4.1.3.5); an echo to a whole subnet is an amplifier',
  },
  udpLoop: {
    kernel: 'datagram',
    evlnet: 'nothing',
    why: 'two echo services would answer each other for ever',
  },
} as const satisfies Record<string, Difference>;
