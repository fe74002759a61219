// Heap and collections of the out-of-band thread, and the memory of the worker's process, looked at now and then.
import { readFileSync } from 'node:fs';

const SAMPLES = 60;

/** `page`: of the worker `pid`. */
export async function watchMemory(page, pid, seconds) {
  const { DeviceCounter } = await import('../../dist/memory/counters.js');
  const samples = [];
  const begin = performance.now();
  await page.request('collections', { on: true });
  // Heap and collections are told when counting ends: it ends and begins again.
  const look = async () => {
    await page.request('collections', { on: false });
    const { device } = page.read();
    await page.request('collections', { on: true });
    samples.push({
      seconds: (performance.now() - begin) / 1000,
      heap: device[DeviceCounter.HeapUsed],
      collections: device[DeviceCounter.Collections],
      resident: Number(/^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024,
    });
  };
  let looking = Promise.resolve();
  const timer = setInterval(
    () => {
      looking = looking.then(look);
    },
    Math.max(500, (seconds * 1000) / SAMPLES),
  );
  return {
    async end() {
      clearInterval(timer);
      await looking;
      await look();
      await page.request('collections', { on: false });
      return {
        collections: samples.reduce((sum, s) => sum + s.collections, 0),
        heapAnHour: slope(samples, 'heap') * 3600,
        residentAnHour: slope(samples, 'resident') * 3600,
        samples,
      };
    },
  };
}

/** Least squares: by how much `key` grows a second, once the engine has compiled what it will. */
export function slope(all, key) {
  const samples = all.slice(Math.floor(all.length / 4));
  const mean = (of) => samples.reduce((sum, s) => sum + of(s), 0) / samples.length;
  const [x, y] = [mean((s) => s.seconds), mean((s) => s[key])];
  const spread = samples.reduce((sum, s) => sum + (s.seconds - x) ** 2, 0);
  return spread === 0 ? 0 : samples.reduce((sum, s) => sum + (s.seconds - x) * (s[key] - y), 0) / spread;
}
