import { join } from 'node:path';
import { anywhere, run } from './process.mjs';
import { BUILD } from './responders.mjs';
import { DEVICE, ISSUER, RESPONDER, VID } from './wire.mjs';

const ON_ISSUER_CPU = ['--cpu', '0'];

/** What load and pinger need to know of the wire. */
const request = (tagged, udpPort) =>
  ['--device', DEVICE, '--to', RESPONDER.lladdr, '--source', ISSUER.address]
    .concat('--destination', RESPONDER.address)
    .concat(tagged ? ['--vid', `${VID}`] : [], udpPort ? ['--udp', `${udpPort}`] : []);

const json = async (...command) => JSON.parse(await run(...command));

export const load = ({ wire, tagged, udpPort }, { milliseconds, warmUp, rate }) =>
  json(
    ...wire.onIssuer(join(BUILD, 'load'), [
      ...request(tagged, udpPort),
      ...ON_ISSUER_CPU,
      ...['--milliseconds', `${milliseconds}`, '--warm-up', `${warmUp}`],
      ...(rate ? ['--rate', `${rate}`] : []),
    ]),
  );

const roundTrips = ({ wire, tagged, udpPort }, { count, seconds }, client = ON_ISSUER_CPU) =>
  json(
    ...wire.onIssuer(join(BUILD, 'pinger'), [
      ...request(tagged, udpPort),
      ...client,
      ...['--count', `${count}`, '--seconds', `${seconds}`],
    ]),
  );

/** Of a client that sleeps while it waits, as most do, with nobody on a CPU of its own. */
const ordinaryRoundTrips = (it, options) => anywhere(pidsOf(it), () => roundTrips(it, options, ['--sleep']));

const pidsOf = ({ pid, children = [] }) => (pid ? [pid, ...children] : []);

/**
 * In every round all responders are started anew in every wait mode, then measured one right after the other, `passes`
 * times, forwards and backwards in turn, first under load and then in round trips (UDP: of either client): the speed of a shared machine changes from
 * second to second, and this way it changes for all alike. One record a responder and pass.
 */
export async function playRounds({ responders, options, quietly, progress }) {
  const records = [];
  for (let round = 1; round <= options.rounds; round++)
    for (const wait of options.waits) {
      progress(`round ${round} of ${options.rounds}, spin ${wait}`);
      const running = [];
      try {
        for (const responder of responders) {
          const it = await responder.start(wait);
          // The engine compiles what runs often: who begins to be measured has run for a while.
          if (options.settle) await load(it, options.settle);
          it.park();
          running.push({ name: responder.name, ...it });
        }
        for (let pass = 1; pass <= options.passes; pass++) {
          const order = pass % 2 ? running : running.toReversed();
          const each = (what) => inTurn(order, quietly, what);
          const loads = await each((it) => load(it, { ...options.load, rate: options.rate }));
          const rtts = await each((it) => roundTrips(it, options.rtt));
          const ordinary =
            options.part === 'udp' ? await each((it) => ordinaryRoundTrips(it, options.rtt)) : [];
          order.forEach(({ name, tagged, mode }, i) => {
            const of = { load: loads[i], rtt: rtts[i], ordinaryRtt: ordinary[i] };
            records.push({ round, wait, pass, name, tagged, mode, ...of });
          });
        }
      } finally {
        for (const it of running) await it.stop();
      }
    }
  return records;
}

/** What `measure` gives of each, while the others are parked. */
async function inTurn(order, quietly, measure) {
  const results = [];
  for (const it of order) {
    it.unpark();
    try {
      results.push(await quietly(pidsOf(it), () => measure(it)));
    } finally {
      it.park();
    }
  }
  return results;
}
