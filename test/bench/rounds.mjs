import { join } from 'node:path';
import { run } from './process.mjs';
import { BUILD } from './responders.mjs';
import { DEVICE, ISSUER, RESPONDER, VID } from './wire.mjs';

export const ISSUER_CPU = 0;

/** What load and pinger need to know of the wire. */
const request = (tagged) =>
  ['--device', DEVICE, '--to', RESPONDER.lladdr, '--source', ISSUER.address]
    .concat('--destination', RESPONDER.address, '--cpu', `${ISSUER_CPU}`)
    .concat(tagged ? ['--vid', `${VID}`] : []);

const json = async (...command) => JSON.parse(await run(...command));

export const load = (wire, tagged, { milliseconds, warmUp, rate }) =>
  json(
    ...wire.onIssuer(join(BUILD, 'load'), [
      ...request(tagged),
      ...['--milliseconds', `${milliseconds}`, '--warm-up', `${warmUp}`],
      ...(rate ? ['--rate', `${rate}`] : []),
    ]),
  );

const roundTrips = (wire, tagged, { count, seconds }) =>
  json(
    ...wire.onIssuer(join(BUILD, 'pinger'), [
      ...request(tagged),
      ...['--count', `${count}`, '--seconds', `${seconds}`],
    ]),
  );

/**
 * Every round measures all `pairs` (those to be compared stand beside each other, a pair of one is the kernel's), forwards and
 * backwards in turn, so that a slow minute of the machine does not fall on the same one each time. One record a responder and round.
 */
export async function playRounds({ wire, pairs, options, quietly, progress }) {
  const records = [];
  for (let round = 1; round <= options.rounds; round++) {
    const order = round % 2 ? pairs.flat() : pairs.flat().reverse();
    for (const responder of order) {
      const running = await responder.start();
      const ours = running.pid ? [running.pid] : [];
      const { name, wait } = responder;
      const { tagged, mode } = running;
      progress(`round ${round} of ${options.rounds}: ${name}${wait ? `, spin ${wait}` : ''}`);
      try {
        const replies = await quietly(ours, () =>
          load(wire, tagged, { ...options.load, rate: options.rate }),
        );
        const rtt = await quietly(ours, () => roundTrips(wire, tagged, options.rtt));
        records.push({ round, name, wait, tagged, mode, load: replies, rtt });
      } finally {
        const last = records.at(-1);
        const summary = await running.stop();
        if (last?.round === round && last.name === name && last.wait === wait) last.summary = summary;
      }
    }
  }
  return records;
}
