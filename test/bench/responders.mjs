// Who answers: the kernel, the C program, evlnet. Each is started, measured and stopped in turn, on one CPU.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, start } from './process.mjs';
import { addKernelVlan, DEVICE, RESPONDER, removeKernelVlan, VID } from './wire.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const BUILD = join(ROOT, 'build/bench');
const EVLNET = join(ROOT, 'bin/evlnet');
const PORT = `${DEVICE}.${VID}`;
export const RESPONDER_CPU = 1;

/** `--spin` of each wait mode, of evlnet and of the C program. */
const SPIN = { none: '0', always: 'always' };

/** Its start() gives `{ tagged, pid?, mode?, stop }`; a round starts each once. */
export const kernel = (wire) => ({
  name: 'kernel',
  async start() {
    const tagged = await addKernelVlan(wire);
    return { tagged, stop: async () => (tagged ? removeKernelVlan(wire) : undefined) };
  },
});

export const c = (wire, wait, mode) => ({
  name: 'c',
  wait,
  async start() {
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
    return { tagged: true, pid: program.pid, mode: runs, stop };
  },
});

/** evlnet with a state file of its own; `close()` removes it. `extra` is put after `icmp`'s other options. */
export async function evlnetHost(wire, mode) {
  const folder = mkdtempSync(join(tmpdir(), 'evlnet-bench-'));
  const env = { EVLNET_STATE: join(folder, 'state.json') };
  const evlnet = (...args) => run(...wire.onResponder(EVLNET, args), { env });
  const close = () => rmSync(folder, { recursive: true, force: true });
  try {
    await evlnet(
      'port',
      'enable',
      PORT,
      'address',
      `${RESPONDER.address}/24`,
      ...(mode ? ['mode', mode] : []),
    );
    await evlnet('vlans', 'set', `${VID}`);
  } catch (error) {
    close();
    throw error;
  }
  const responder = (wait) => ({
    name: 'evlnet',
    wait,
    async start() {
      const args = ['icmp', '-i', PORT, '-s', '--cpu', `${RESPONDER_CPU}`];
      if (SPIN[wait]) args.push('--spin', SPIN[wait]);
      const program = await start(...wire.onResponder(EVLNET, args), { ready: /^listening to/m, env });
      const [port] = JSON.parse(await evlnet('-j', 'port', 'show', PORT));
      return { tagged: true, pid: program.pid, mode: port?.mode, stop: program.stop };
    },
  });
  return { responder, evlnet, close };
}
