import type { DriverChoice } from '../state/schema.js';
import { SpawnedProcess } from './process.js';
import { SpawnedThread } from './thread.js';

/** An out-of-band side that was started ahead of its work. */
export type Spawned = SpawnedThread | SpawnedProcess;

/** What a driver will most probably need. */
export const spawnFor = (driver: DriverChoice): Spawned =>
  driver === 'pcap' ? new SpawnedProcess() : new SpawnedThread();
