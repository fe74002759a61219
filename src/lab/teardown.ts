import { rmSync } from 'node:fs';
import { EvlnetError } from '../errors.js';
import { folder, HOSTS, type LabOptions, labName, namespace } from './name.js';
import { unmountPins } from './programs.js';
import { namespaces, processesIn } from './record.js';
import { attempt, run } from './tool.js';
import { ACCESS, BRIDGE, holderName, TRUNK, VLANS } from './topology.js';
import { exclusively } from './turn.js';

/** Ends what runs in the lab's hosts and removes them. False when there was none. */
export async function labDown(options: LabOptions = {}): Promise<boolean> {
  const name = labName(options);
  return exclusively(`remove lab "${name}"`, name, () => tearDown(name));
}

/** The same, for who holds the turn. Takes away whatever part of the lab it finds. */
export async function tearDown(name: string): Promise<boolean> {
  const present = namespaces();
  const hosts = HOSTS.map((host) => namespace(name, host)).filter((where) => present.includes(where));
  await stopProcesses(name, hosts);
  await unmountPins(name);
  const access = namespace(name, 'switch');
  if (hosts.includes(access)) {
    // Every cable has one end here. Without this the interfaces would live until the last user of the namespace is gone.
    const devices = [TRUNK.port, ...ACCESS.map((a) => a.port), ...VLANS.map(holderName), BRIDGE];
    const lines = devices.map((dev) => `link delete dev ${dev}\n`).join('');
    await attempt('ip', ['-n', access, '-force', '-batch', '-'], lines);
  }
  for (const where of hosts) await run(`remove lab "${name}"`, 'ip', ['netns', 'delete', where]);
  rmSync(folder(name), { recursive: true, force: true });
  return hosts.length > 0;
}

const GRACE_MS = 2000;

async function stopProcesses(name: string, hosts: readonly string[]): Promise<void> {
  const running = async () => (await Promise.all(hosts.map(processesIn))).flat();
  const deadline = performance.now() + GRACE_MS;
  let pids = await running();
  if (pids.includes(process.pid))
    throw new EvlnetError('EVL_LAB_INSIDE', `Cannot remove lab "${name}": this is one of its hosts`, {
      hint: 'leave it first',
    });
  for (const pid of pids) signal(pid, 'SIGTERM');
  while (pids.length > 0) {
    if (performance.now() > deadline) for (const pid of pids) signal(pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 20));
    pids = await running();
    if (performance.now() > 2 * GRACE_MS + deadline) return;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}
