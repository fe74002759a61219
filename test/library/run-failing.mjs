import { runService } from 'evlnet';

const service = await runService(new URL('./failing.mjs', import.meta.url), {
  ifname: 'eth0.42',
  options: { udpPort: 5001 },
  onWarning() {},
});
console.log(`running (${service.role})`);
await service.ended.catch(({ code, message }) => console.log(`${code} ${message}`));
