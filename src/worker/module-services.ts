import { type ServicePage, ServicePhase } from '../memory/service-page.js';
import type { UserService } from '../service/define.js';
import { GuardedService } from '../service/guarded.js';
import type { Port } from '../stack/port.js';
import type { Stack } from '../stack/stack.js';
import type { Transmitter } from '../stack/transmitter.js';
import type { Loop } from './loop.js';
import type { ModuleSetup } from './shared.js';

/** The services of users' own, on the out-of-band side: loaded from their modules while the loop goes on. */
export class ModuleServices {
  readonly #services = new Map<number, GuardedService>();
  #loading = 0;

  constructor(
    readonly stack: Stack,
    readonly device: Transmitter,
    readonly page: ServicePage,
  ) {}

  load(id: number, setup: ModuleSetup, loop: Loop): void {
    const { page } = this;
    page.set(id, ServicePhase.Loading);
    this.#loading++;
    loop.isShared = true;
    makeOf(setup)
      .then(
        (own) => {
          const fail = (error: unknown) => page.set(id, ServicePhase.Failed, reasonOf(error));
          const service = new GuardedService(own, this.device.arena, fail);
          this.#services.set(id, service);
          page.set(id, ServicePhase.Running, '', service.udpPort);
        },
        (error: unknown) => page.set(id, ServicePhase.Failed, reasonOf(error)),
      )
      .finally(() => {
        this.#loading--;
        loop.isShared = this.#loading > 0;
      });
  }

  unload(id: number): void {
    this.#services.delete(id);
  }

  /** Puts the services of a port in their places. */
  serve(port: Port, ids: readonly number[]): void {
    for (const id of ids) {
      const service = this.#services.get(id);
      if (service === undefined) continue;
      if ('datagram' in service.own) port.udp.push(service);
      if ('frame' in service.own) port.packet.push(service);
    }
  }

  /** Those for ICMP see the messages of all their ports. */
  serveIcmp(ports: readonly { readonly vid: number; readonly modules: readonly number[] }[]): void {
    const { icmp } = this.stack;
    for (let i = icmp.length - 1; i >= 0; i--) if (icmp[i] instanceof GuardedService) icmp.splice(i, 1);
    for (const [id, service] of this.#services) {
      if (!('message' in service.own)) continue;
      service.slots = ports.filter((p) => p.modules.includes(id)).map((p) => p.vid);
      icmp.push(service);
    }
  }
}

async function makeOf({ url, options }: ModuleSetup): Promise<UserService> {
  const { default: make } = (await import(url)) as { default?: unknown };
  if (typeof make !== 'function') throw new TypeError('its default export is not what defineService returns');
  const own = (await make(options)) as Partial<Record<string, unknown>>;
  const isService = ['datagram', 'message', 'frame'].some((name) => typeof own?.[name] === 'function');
  if (!isService) throw new TypeError('it makes no service: one has datagram, message or frame');
  const { udpPort = 0 } = own;
  if (!Number.isInteger(udpPort) || Number(udpPort) < 0 || Number(udpPort) > 65_535)
    throw new TypeError(`its udpPort is ${String(udpPort)}`);
  return own as unknown as UserService;
}

/** What was thrown, and where: the first two lines of the stack. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const place = error.stack
    ?.split('\n')
    .find((line) => /^\s+at /.test(line))
    ?.replace(/\?[^:)]*(?=:\d)/, '');
  return `${error.name}: ${error.message}${place === undefined ? '' : ` (${place.trim()})`}`;
}
