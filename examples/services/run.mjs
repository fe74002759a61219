// Runs the service of sequence.mjs on a port until Ctrl-C: node examples/services/run.mjs eth0.42 [ UDP-PORT ]
import { runService } from 'evlnet';

const [ifname = 'eth0.42', udpPort = '5000'] = process.argv.slice(2);
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());

try {
  const service = await runService(new URL('./sequence.mjs', import.meta.url), {
    ifname,
    options: { udpPort: Number(udpPort) },
    signal: stop.signal,
  });
  console.log(`${ifname}: sequence numbers at UDP port ${udpPort} (${service.role})`);
  await service.ended;
} catch ({ message, hint }) {
  console.error(message);
  if (hint) console.error(`Hint: ${hint}`);
  process.exitCode = 2;
}
