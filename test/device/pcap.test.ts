import { afterAll, beforeAll } from '@jest/globals';
import { describeIf } from '../capability.js';
import { enterNamespace } from '../linux/namespace.js';
import { conformance } from './conformance.js';
import { pcapWire } from './pcap-wire.js';
import { addVeth } from './veth.js';

describeIf(['root', 'network namespaces', 'cap'])('over a veth pair', () => {
  let namespace: ReturnType<typeof enterNamespace>;
  beforeAll(() => {
    namespace = enterNamespace();
    addVeth(1);
  });
  afterAll(() => namespace?.leave());

  // skb_vlan_untag() of the kernel drops a tagged frame that ends before two octets of payload.
  conformance('PcapDevice', { newWire: pcapWire, shortest: 20 });
});
