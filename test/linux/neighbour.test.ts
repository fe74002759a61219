// The kernel's neighbours and routes: `ip` is the oracle, a kernel in another namespace the peer.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addresses, links } from '../../src/linux/link.js';
import { deleteNeighbour, kernelNeighbours, setNeighbour } from '../../src/linux/neighbour.js';
import { kernelRoutes } from '../../src/linux/route.js';
import { emptyState } from '../../src/state/schema.js';
import { formatIpv4, parseIpv4 } from '../../src/wire/address.js';
import { solicitKernel } from '../../src/worker/solicit-kernel.js';
import { Ways } from '../../src/worker/way.js';
import { describeIf } from '../capability.js';
import { enterNamespace, run } from './namespace.js';

type Json = Record<string, unknown>;
const MAC = '02:fc:00:00:00:02';
const PEER = parseIpv4('10.77.0.2');
const OTHER = parseIpv4('10.77.0.9');
const WAIT_MS = 20_000;

/** `10.77.0.2 02:… REACHABLE` of what `ip` knows. */
const known = () =>
  (JSON.parse(run('ip', '-4', '-j', 'neigh', 'show', 'dev', 'k0')) as Json[])
    .map((n) => `${n.dst} ${n.lladdr} ${n.state}`)
    .sort();

describeIf(['root', 'network namespaces', { command: 'ip' }])("the kernel's neighbours", () => {
  let namespace: ReturnType<typeof enterNamespace>;
  let peer: string;
  let ifindex: number;
  beforeAll(() => {
    namespace = enterNamespace();
    peer = `${namespace.name}-peer`;
    run('ip', 'netns', 'add', peer);
    run('ip', 'link', 'add', 'k0', 'type', 'veth', 'peer', 'name', 'k0', 'netns', peer, 'address', MAC);
    run('ip', 'address', 'add', '10.77.0.1/24', 'dev', 'k0');
    run('ip', 'link', 'set', 'k0', 'up');
    run('ip', '-n', peer, 'address', 'add', '10.77.0.2/24', 'dev', 'k0');
    run('ip', '-n', peer, 'link', 'set', 'k0', 'up');
    run('ip', 'route', 'add', '10.99.0.0/24', 'via', '10.77.0.2', 'metric', '7');
    run('ip', 'route', 'add', '10.99.0.128/25', 'via', '10.77.0.3', 'src', '10.77.0.1');
    ifindex = links().find((l) => l.ifname === 'k0')!.ifindex;
  });
  afterAll(() => {
    run('ip', 'netns', 'delete', peer);
    namespace?.leave();
  });

  test('one that is there answers; one that is known to be right is not asked', async () => {
    expect(await solicitKernel(ifindex, PEER, WAIT_MS)).toMatchObject({ address: PEER, state: 2 });
    expect(known()).toEqual([`10.77.0.2 ${MAC} REACHABLE`]);
    run('ip', '-n', peer, 'link', 'set', 'k0', 'down');
    expect(await solicitKernel(ifindex, PEER, 1)).toMatchObject({ state: 2 });
    run('ip', '-n', peer, 'link', 'set', 'k0', 'up');
  });

  test('one that is stale is asked at once, not five seconds later', async () => {
    run('ip', 'neigh', 'change', '10.77.0.2', 'dev', 'k0', 'lladdr', MAC, 'nud', 'stale');
    const before = performance.now();
    expect(await solicitKernel(ifindex, PEER, WAIT_MS)).toMatchObject({ state: 2 });
    expect(performance.now() - before).toBeLessThan(4500);
  });

  test('one that is not there: nothing, when the time is over', async () => {
    expect(await solicitKernel(ifindex, OTHER, 50)).toBeUndefined();
    expect(kernelNeighbours().find((n) => n.address === OTHER)).toMatchObject({ state: 1 });
  });

  test('permanent ones are made, replaced and deleted', async () => {
    const lladdr = Uint8Array.of(2, 0xfc, 0, 0, 0, 9);
    setNeighbour(ifindex, OTHER, lladdr);
    setNeighbour(ifindex, PEER, lladdr);
    expect(known()).toEqual([
      '10.77.0.2 02:fc:00:00:00:09 PERMANENT',
      '10.77.0.9 02:fc:00:00:00:09 PERMANENT',
    ]);
    expect(await solicitKernel(ifindex, OTHER, 1)).toMatchObject({ state: 0x80, lladdr });
    expect([deleteNeighbour(ifindex, OTHER), deleteNeighbour(ifindex, PEER)]).toEqual([true, true]);
    expect(deleteNeighbour(ifindex, OTHER)).toBe(false);
    expect(known()).toEqual([]);
  });

  test.each(['10.77.0.2', '10.99.0.1', '10.99.0.200', '10.77.0.255', '203.0.113.7', '10.77.0.1'])(
    'the way to %s is that of ip route get',
    (host) => {
      const tables = { links: links(), addresses: addresses(), routes: kernelRoutes() };
      const way = new Ways({ ...emptyState(), ports: { k0: {} } }, tables).find(parseIpv4(host));
      let theirs: Json | undefined;
      try {
        [theirs] = JSON.parse(run('ip', '-j', 'route', 'get', host)) as Json[];
      } catch {
        // Network is unreachable.
      }
      if (typeof way === 'number') expect(theirs?.dev ?? 'lo').toBe('lo');
      else
        expect({
          dev: way.ifname,
          prefsrc: formatIpv4(way.source),
          gateway: way.hasGateway ? formatIpv4(way.nextHop) : undefined,
          type: way.kind === 'unicast' ? undefined : way.kind,
        }).toEqual({
          dev: theirs?.dev,
          prefsrc: theirs?.prefsrc,
          gateway: theirs?.gateway,
          type: theirs?.type,
        });
    },
  );
});
