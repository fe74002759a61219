import type { NeighbourStatus } from '../../../control/messages.js';
import { STAGES } from '../../../memory/counters.js';
import { HISTOGRAM_LENGTH } from '../../../memory/histogram.js';
import { NeighbourState } from '../../../memory/neighbour-page.js';
import { stateWords } from '../../neighbour/record.js';
import type { Worker } from '../../system.js';
import { VERSION } from '../../version.js';
import type { Counted } from '../choice.js';
import { LINK_COUNTERS, PROTOCOL_COUNTERS } from '../counters.js';
import { type Reading, recordsOf } from '../reading.js';
import { type HistogramName, histogramsOf } from '../stages.js';
import type { Family, Labels, Sample } from './family.js';
import { histogramSamples } from './histogram.js';

/** What is told: all counters of a moment, and the neighbours of the workers that told theirs, by base device. */
export interface Told {
  readonly reading: Reading;
  readonly neighbours: ReadonlyMap<string, readonly NeighbourStatus[]>;
}

/** Every metric, those too of which there is no sample. */
export function families(told: Told): Family[] {
  const { counted } = told.reading;
  const devices = new Map(counted.map(({ base, worker }) => [base, worker]));
  return [
    {
      name: 'evlnet_build',
      type: 'info',
      help: 'version of the program that tells this',
      samples: [{ labels: { version: VERSION }, value: 1 }],
    },
    ...workerFamilies(devices),
    neighbourFamily(told),
    ...counterFamilies(told.reading),
    ...histogramFamilies(told.reading, [...devices.keys()]),
  ];
}

function workerFamilies(devices: ReadonlyMap<string, Worker | undefined>): Family[] {
  const all = [...devices];
  const running = all.flatMap(([device, worker]) =>
    worker?.status ? [{ device, status: worker.status }] : [],
  );
  return [
    {
      name: 'evlnet_worker',
      type: 'info',
      help: 'driver and mode of the worker of a device, while it runs',
      samples: running.map(({ device, status: { driver, mode, zeroCopy } }) => ({
        labels: { device, driver, mode, zerocopy: String(zeroCopy) },
        value: 1,
      })),
    },
    {
      name: 'evlnet_worker_up',
      type: 'gauge',
      help: 'whether the device has a worker',
      samples: all.map(([device, worker]) => ({ labels: { device }, value: worker?.isAlive ? 1 : 0 })),
    },
    {
      name: 'evlnet_link_up',
      type: 'gauge',
      help: 'whether the link of the device is up, as its worker has it',
      samples: running.map(({ device, status }) => ({
        labels: { device },
        value: status.link === 'up' ? 1 : 0,
      })),
    },
    {
      name: 'evlnet_page_faults',
      type: 'counter',
      help: 'page faults of the out-of-band thread since it runs',
      samples: running.flatMap(({ device, status }) =>
        Object.entries(status.pageFaults ?? {}).map(([kind, value]) => ({ labels: { device, kind }, value })),
      ),
    },
  ];
}

/** As many as are in each state, of the ports of workers that told. */
function neighbourFamily({ reading, neighbours }: Told): Family {
  const states = Object.values(NeighbourState).flatMap(stateWords);
  const samples = reading.counted.flatMap((counted): Sample[] => {
    const table = neighbours.get(counted.base)?.filter(({ ifname }) => ifname === counted.ifname);
    if (table === undefined) return [];
    return states.map((state) => ({
      labels: { ...labelsOf(counted), state },
      value: table.filter((n) => stateWords(n.state).includes(state)).length,
    }));
  });
  return { name: 'evlnet_neighbours', type: 'gauge', help: 'neighbours of the port, by state', samples };
}

function counterFamilies(reading: Reading): Family[] {
  const records = recordsOf(reading).map((record, i) => ({ record, labels: labelsOf(reading.counted[i]!) }));
  const bases = records.filter(({ record }) => record.link === undefined);
  const labelled = (labels: Labels, name: string, counts: object): Sample[] =>
    Object.entries(counts).map(([key, value]) => ({ labels: { ...labels, [name]: key }, value }));
  return [
    ...[...LINK_COUNTERS, ...PROTOCOL_COUNTERS].map(
      ({ name, meaning, of }): Family => ({
        name: `evlnet_${name.replaceAll(' ', '_')}`,
        type: 'counter',
        ...(name.endsWith(' bytes') ? { unit: 'bytes' } : {}),
        help: meaning,
        samples: records.map(({ record, labels }) => ({ labels, value: of(record) })),
      }),
    ),
    {
      name: 'evlnet_drops',
      type: 'counter',
      help: 'frames that were not delivered, by reason: evlnet-stats(8)',
      samples: records.flatMap(({ record, labels }) => labelled(labels, 'reason', record.drops)),
    },
    {
      name: 'evlnet_verdicts',
      type: 'counter',
      help: 'frames that entered the device, by the verdict of the hook',
      samples: bases.flatMap(({ record: { ifname, verdicts } }) =>
        labelled({ device: ifname }, 'verdict', verdicts),
      ),
    },
    {
      name: 'evlnet_hook',
      type: 'counter',
      help: 'frames that the hook counted besides, within skip, vlan and skip',
      samples: bases.flatMap(({ record: { ifname, hook = {} } }) =>
        labelled({ device: ifname }, 'counter', hook),
      ),
    },
  ];
}

const NOTHING = new Float64Array(HISTOGRAM_LENGTH);

function histogramFamilies({ pages }: Reading, devices: readonly string[]): Family[] {
  const family = (
    name: string,
    help: string,
    told: readonly (readonly [HistogramName, Labels])[],
  ): Family => ({
    name,
    type: 'histogram',
    unit: 'seconds',
    help,
    samples: devices.flatMap((device) => {
      const page = pages.get(device);
      const histograms = page && histogramsOf(page);
      return told.flatMap(([histogram, more]) =>
        histogramSamples({ device, ...more }, histograms?.get(histogram) ?? NOTHING),
      );
    }),
  });
  const stages = STAGES.filter((stage) => stage !== 'collections');
  return [
    family('evlnet_service_time_seconds', 'from the queue until the batch of the frame was answered', [
      ['service_time', {}],
    ]),
    family(
      'evlnet_stage_seconds',
      'from one point of the way of a frame to the next, while measured',
      stages.map((stage) => [stage, { stage }]),
    ),
    family(
      'evlnet_garbage_collection_seconds',
      "how long JavaScript's collector stopped the out-of-band thread, while counted",
      [['collections', {}]],
    ),
  ];
}

const labelsOf = ({ ifname, base, slot }: Counted): Labels => ({
  device: base,
  port: ifname,
  ...(slot === 0 ? {} : { vid: String(slot) }),
});
