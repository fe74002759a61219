// Who answers echo requests: the kernel, the C program, evlnet by XDP and by libpcap. The programs share one CPU: whoever is not measured is parked.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, start } from './process.mjs';
import { addKernelVlan, DEVICE, RESPONDER, VID } from './wire.mjs';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const BUILD = join(ROOT, 'build/bench');
const EVLNET = join(ROOT, 'bin/evlnet');
export const PORT = `${DEVICE}.${VID}`;
export const RESPONDER_CPU = 1;

/** `--spin` of each wait mode, of evlnet and of the C program. */
export const SPIN = { none: '0', always: 'always' };

/** A responder's start(wait) gives `{ wire, tagged, pid?, mode?, park, unpark, stop }`. */
export async function kernel(wire) {
  const tagged = await addKernelVlan(wire);
  const nothing = () => {};
  const running = { wire, tagged, park: nothing, unpark: nothing, stop: async () => undefined };
  return { name: 'kernel', start: async () => running, close: nothing };
}

export const c = (wire, mode) => ({
  name: 'c',
  close() {},
  async start(wait) {
    const args = [
      '--device',
      DEVICE,
      '--port',
      `${VID}:${RESPONDER.address}/24`,
      '--cpu',
      `${RESPONDER_CPU}`,
    ];
    args.push('--spin', SPIN[wait] ?? 'default', '--mode', mode ?? 'auto');
    const program = await start(...wire.onResponder(join(BUILD, 'responder'), args), {
      ready: /"ready":true.*\n/,
    });
    const { mode: runs } = JSON.parse(program.said.out.split('\n')[0]);
    const stop = async () => JSON.parse((await program.stop()).trim().split('\n').at(-1));
    return { ...program, wire, tagged: true, mode: runs, stop };
  },
});

const ICMP = ['icmp', '-i', PORT, '-s'];

export const evlnet = (wire, mode) => program('evlnet', wire, mode ? ['mode', mode] : [], ICMP);

/** evlnet again, on npm cap: its out-of-band side is a process of its own. */
export const cap = (wire) => program('cap', wire, ['driver', 'pcap'], ICMP);

const childrenOf = (pid) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

/** evlnet with `words`, and with a state file of its own, which `close()` removes. */
export async function program(name, wire, options, words) {
  const folder = mkdtempSync(join(tmpdir(), 'evlnet-bench-'));
  const env = { EVLNET_STATE: join(folder, 'state.json') };
  const command = (...args) => run(...wire.onResponder(EVLNET, args), { env });
  const close = () => rmSync(folder, { recursive: true, force: true });
  try {
    await command('port', 'enable', PORT, 'address', `${RESPONDER.address}/24`, ...options);
    await command('vlans', 'set', `${VID}`);
  } catch (error) {
    close();
    throw error;
  }
  return {
    name,
    folder,
    env,
    command,
    close,
    async start(wait) {
      const args = [...words, '--cpu', `${RESPONDER_CPU}`];
      if (SPIN[wait]) args.push('--spin', SPIN[wait]);
      let port;
      // `-s` prints nothing when it begins. RUNNING is said once there is a worker, the mode once the worker answers.
      const ready = async () => {
        [port] = JSON.parse(await command('-j', 'port', 'show', PORT));
        return port?.operstate === 'RUNNING' && port.mode !== undefined;
      };
      const program = await start(...wire.onResponder(EVLNET, args), { ready, env });
      return { ...program, wire, tagged: true, mode: port.mode, children: childrenOf(program.pid) };
    },
  };
}
