import { type FilterStatus, toFailure, type WorkerStatus } from '../control/messages.js';
import { type Commands, type Connection, type ControlServer, listen } from '../control/server.js';
import type { EchoRun, EchoWanted } from './echo-dispatch.js';
import { ending } from './ending.js';
import type { InBand } from './in-band.js';
import { neighbourCommands } from './neighbour-commands.js';
import type { Wanted } from './plan.js';
import { integer, readJoined, readPacketWish, readSocketRequest } from './socket-request.js';
import type { Sink } from './trace-dispatch.js';

/** A link that was gone for less is one that was looked at a moment too early. */
const NOTABLE_MS = 200;
/** The longest that a timer can take. */
const MAX_STAMP_MS = 2 ** 31 - 1;

/** Answers the commands of other processes to a running worker (control.sock). */
export function serveControl(folder: string, worker: InBand): Promise<ControlServer> {
  const pings = new WeakMap<Connection, EchoRun>();
  return listen(folder, {
    status: () => status(worker),
    reload: async () => {
      await worker.reload({ retries: true }).catch((error: unknown) => {
        throw worker.isStopping ? ending('follow') : error;
      });
      if (worker.isStopping) throw ending('follow');
      const { failure } = worker.filter;
      return { rev: worker.rev, ...(failure ? { filter: toFailure(failure) } : {}) };
    },
    attach: async (request, connection) => {
      const wanted = request.wanted as Wanted;
      const end = await worker.serve(wanted, sinkTo(connection));
      connection.onClose(() => void end().catch(() => {}));
      return { pid: process.pid };
    },
    ping: async (request, connection) => {
      const run = await worker.ping(request.wanted as EchoWanted, (totals, echoes) => {
        connection.push({ event: 'echoes', totals, echoes });
      });
      pings.set(connection, run);
      connection.onClose(() => void run.end().catch(() => {}));
      return {};
    },
    'ping-enough': async (_request, connection) => {
      await pings.get(connection)?.enough();
      return {};
    },
    ...neighbourCommands(worker),
    ...socketCommands(worker),
    'path-mtu': async (request) => ({
      mtu: await worker.outOfBand.pathMtu(integer(request, 'address', 0, 2 ** 32 - 1)),
    }),
    'flush-paths': async () => {
      await worker.outOfBand.command({ kind: 'forget-paths' });
      return {};
    },
    sync: () => {
      worker.publish();
      return {};
    },
    reset: async (request) => {
      const ifname = request.ifname as string | undefined;
      const isDevice = ifname === undefined || ifname === worker.options.device;
      const slots = worker.ports.filter((p) => isDevice || p.ifname === ifname).map((p) => p.vid);
      await worker.reset(isDevice ? [...new Set([0, ...slots])] : slots);
      return {};
    },
    stamp: async (request, connection) => {
      const ms = integer(request, 'ms', 0, MAX_STAMP_MS);
      const over = new Promise<void>((resolve) => connection.onClose(resolve));
      const { sockets, outOfBand } = worker;
      await outOfBand.command({ kind: 'collections', on: true });
      try {
        await sockets.times.hold(ms, over);
      } finally {
        await outOfBand.command({ kind: 'collections', on: false });
      }
      return { isSupported: sockets.times.isSupported };
    },
    tap: (_request, connection) => {
      const map = worker.tap.take();
      connection.onClose(() => void worker.tap.end().catch(() => {}));
      return { map };
    },
    'tap-begin': async () => {
      await worker.tap.begin();
      return {};
    },
    stop: () => {
      void worker.stop();
      return {};
    },
    collections: async (request) => {
      await worker.outOfBand.command({ kind: 'collections', on: request.on === true });
      return {};
    },
    ...(process.env.EVLNET_FAULTS === '1' ? faults(worker) : {}),
  });
}

/** A socket is its connection's: it goes with it. */
const socketCommands = ({ sockets }: InBand, kept = new Map<number, () => void>()): Commands => ({
  'open-socket': async (request, connection) => {
    const { wish, receive, send } = readSocketRequest(request);
    const opened = await sockets.open(wish, receive, send, {
      isWanted: request.isStamped === true,
      hardware: request.hardware === true,
    });
    const { id } = opened;
    kept.set(id, () => letGo());
    const letGo = connection.onClose(() => {
      kept.delete(id);
      void sockets.close(id).catch(() => {});
    });
    return opened;
  },
  'connect-socket': async (request) => ({
    binding: await sockets.connect(
      integer(request, 'socket', 1, Number.MAX_SAFE_INTEGER),
      integer(request, 'address', 0, 2 ** 32 - 1),
      integer(request, 'udpPort', 0, 65_535),
    ),
  }),
  'bind-socket': async (request) => ({
    binding: await sockets.bind(
      integer(request, 'socket', 1, Number.MAX_SAFE_INTEGER),
      readPacketWish(request),
    ),
  }),
  'stamp-socket': async (request) => {
    await sockets.stamp(integer(request, 'socket', 1, Number.MAX_SAFE_INTEGER), {
      isWanted: request.isWanted === true,
      hardware: request.hardware === true,
    });
    return {};
  },
  'join-group': async (request) => {
    await sockets.join(integer(request, 'socket', 1, Number.MAX_SAFE_INTEGER), readJoined(request));
    return {};
  },
  'leave-group': async (request) => {
    await sockets.leave(integer(request, 'socket', 1, Number.MAX_SAFE_INTEGER), readJoined(request));
    return {};
  },
  'close-socket': async (request) => {
    const id = integer(request, 'socket', 1, Number.MAX_SAFE_INTEGER);
    kept.get(id)?.();
    kept.delete(id);
    await sockets.close(id);
    return {};
  },
});

function status(worker: InBand): WorkerStatus {
  const { attachment, link } = worker;
  const pageFaults = worker.pageFaults();
  const { spin, cpu, priority } = worker.options;
  const reset =
    worker.resetMs < NOTABLE_MS
      ? []
      : [`the driver resets its link on attach (${(worker.resetMs / 1000).toFixed(1)} s)`];
  const why = [...(attachment.why === undefined ? [] : [attachment.why]), ...reset].join('; ');
  const isUp = link.flags.includes('UP') && link.flags.includes('LOWER_UP');
  return {
    pid: process.pid,
    device: worker.options.device,
    ifindex: link.ifindex,
    driver: attachment.driver,
    mode: attachment.mode,
    zeroCopy: attachment.zeroCopy,
    queues: attachment.queues,
    pool: attachment.pool,
    bufsz: attachment.chunkSize,
    ...(spin === undefined ? {} : { spin }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(priority === undefined ? {} : { priority }),
    ...(pageFaults === undefined ? {} : { pageFaults }),
    ...(why === '' ? {} : { why }),
    changed: [...worker.prepared.changed],
    rev: worker.rev,
    filter: filterStatus(worker),
    link: isUp ? 'up' : 'down',
    ports: worker.ports.map((p) => ({
      ifname: p.ifname,
      ...(p.vid === 0 ? {} : { vid: p.vid }),
      running: isUp,
    })),
    services: worker.services.map(({ service, port, udpPort, module }) => ({
      service: module?.url ?? service,
      ...(port === undefined ? {} : { port }),
      ...(udpPort === undefined ? {} : { udpPort }),
    })),
  };
}

function filterStatus({ attachment, filter }: InBand): FilterStatus {
  const { running, failure } = filter;
  const hits = attachment.ruleHits();
  return {
    engine: attachment.engine,
    instructions: attachment.instructions(),
    ...(running ? { running: { ...running.source } } : {}),
    ...(hits ? { hits } : {}),
    ...(failure ? { failure: toFailure(failure) } : {}),
  };
}

/** A client that does not read loses lines, never packets. */
const sinkTo = (connection: Connection): Sink => {
  let lost = 0;
  return {
    trace(record) {
      if (lost > 0 && connection.push({ event: 'suppressed', count: lost })) lost = 0;
      if (!connection.push({ event: 'trace', record })) lost++;
    },
    suppressed(count) {
      if (!connection.push({ event: 'suppressed', count })) lost += count;
    },
    failed(error) {
      connection.push({ event: 'service-failed', error: toFailure(error) });
    },
    warning(message, hint) {
      connection.push({ event: 'warning', message, ...(hint === undefined ? {} : { hint }) });
    },
  };
};

/** What the tests of the fail-safe need; only where the environment asks for it. */
const faults = (worker: InBand) => ({
  throw: () => {
    void worker.outOfBand.command({ kind: 'fail', how: 'throw' }).catch(() => {});
    return {};
  },
  loop: () => {
    void worker.outOfBand.command({ kind: 'fail', how: 'loop' }).catch(() => {});
    return {};
  },
  uncaught: () => {
    setImmediate(() => {
      throw new Error('told to fail');
    });
    return {};
  },
});
