// The counters of a running worker, read as any other program would.
import { join } from 'node:path';

/** By slot: 0 the base device, else the VID; a port that is disabled keeps its counts. */
const SLOTS = { eth0: 0, 'eth0.42': 42, 'eth0.44': 44 };

const of = (path) => import(`../../dist/${path}.js`);

export async function openPage(stateFolder) {
  const [{ connect }, { listWorkers }, { readCounters }, { statsRecord }] = await Promise.all(
    ['control/client', 'control/run-folder', 'memory/counters', 'cli/stats/record'].map(of),
  );
  const { folder } = listWorkers(join(stateFolder, 'run')).find((w) => w.alive && w.device === 'eth0');
  const client = await connect(folder);
  const read = () => readCounters(join(folder, 'stats'), Object.values(SLOTS));
  return {
    read,
    request: (command, fields) => client.request(command, fields),
    /** As `evlnet -j stats` has them, by name. */
    async records() {
      await client.request('sync');
      const page = read();
      return Object.fromEntries(
        Object.entries(SLOTS).map(([ifname, slot]) => [ifname, statsRecord(ifname, 'eth0', slot, page)]),
      );
    },
    close: () => client.close(),
  };
}
