import { afterAll, beforeAll } from '@jest/globals';
import { describeIf } from '../capability.js';
import { enterNamespace } from '../linux/namespace.js';
import { conformance } from './conformance.js';
import { addVeth, vethWire } from './veth.js';

describeIf(['root', 'bpf', 'network namespaces'])('over a veth pair', () => {
  let namespace: ReturnType<typeof enterNamespace>;
  beforeAll(() => {
    namespace = enterNamespace();
    addVeth(2);
  });
  afterAll(() => namespace?.leave());

  conformance('XdpDevice, native', { newWire: () => vethWire({ queues: 2 }), shortest: 18 });
  conformance('XdpDevice, generic', {
    newWire: () => vethWire({ queues: 2, mode: 'generic' }),
    shortest: 18,
  });
});
