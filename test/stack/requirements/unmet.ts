// What is asked of a host and not so here. evlnet(7) tells the same, in these words.
import { type Requirement, unmet } from './requirement.js';

export const UNMET: Requirement[] = [
  unmet(
    5227,
    '2.1.1',
    'MUST',
    'an address is probed three times before it is used, and not used where somebody answers',
    'it is probed once and used meanwhile, being configuration as on a kernel device; the worker warns of a conflict',
  ),
  unmet(
    1122,
    '2.3.3',
    'SHOULD',
    'IPv4 in IEEE 802.2 frames (RFC 1042) is received',
    'Linux does not receive it either',
  ),
  unmet(
    1122,
    '3.2.1.6',
    'SHOULD',
    'the application learns the TOS of what it receives',
    'no program has asked for it',
  ),
  unmet(
    1122,
    '3.2.1.8',
    'MUST',
    'options are handed to the application, which can send some, and source routes are followed',
    'options are for the ICMP responder alone, and a source route is refused, as by Linux (RFC 7126)',
  ),
  unmet(
    1122,
    '3.2.2',
    'SHOULD',
    'an ICMP error has TOS 0',
    'it has precedence 6, as in RFC 1812, 4.3.2.5 and from Linux',
  ),
  unmet(
    1122,
    '3.2.2.2',
    'MUST',
    'redirects change routes',
    'an evlnet VLAN port has the routes of its addresses, and of a kernel device the kernel decides',
  ),
  unmet(
    1122,
    '3.3.1.4',
    'MUST',
    'a dead gateway is replaced by another',
    'on kernel devices the kernel decides, and an evlnet VLAN port has no gateways',
  ),
  unmet(
    1122,
    '3.3.2',
    'SHOULD',
    'fragments wait 60 to 120 seconds for the others',
    '30 seconds, as on Linux, because identifications come again sooner today (RFC 4963)',
  ),
  unmet(
    1122,
    '3.3.6',
    'SHOULD',
    'a unicast packet in a broadcast frame is discarded',
    'it is delivered, as by Linux',
  ),
  unmet(
    1122,
    '4.1.3.3',
    'MUST',
    'all ICMP errors reach the application',
    'a connected socket is told of those that Linux tells it of, and any other socket of none',
  ),
];
