// A program beside the worker: a socket that echoes, a packet socket that counts, and changes of the configuration now and then.
// program.mjs DIST MILLISECONDS, a change so often, until SIGINT; then its numbers as JSON.
const [dist, changeMs] = process.argv.slice(2);
const { createPacketSocket, createSocket, disablePort, enablePort, setFilter } = await import(dist);
const onWarning = () => {};
/** They let the same through, so that nothing depends on when they are changed. */
const FILTERS = [
  { rules: [{ match: 'vlan 42 and icmp', verdict: 'vlan' }], default: 'vlan' },
  { rules: [{ match: 'vlan and udp port 7', verdict: 'vlan' }], default: 'vlan' },
  null,
];

const fail = (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(2);
};
const all = createPacketSocket({ ifname: 'eth0.42', protocol: 'all', recvBufferSize: 1 << 20 });
all.on('error', fail);
// Counted without a copy; what finds no room is counted too.
all.on('readable', () => all.receive(() => {}));
await new Promise((resolve) => all.bind(resolve));

const echo = createSocket({ type: 'udp4', recvBufferSize: 1 << 22 });
echo.on('error', fail);
echo.on('message', (message, from) => echo.send(message, from.port, from.address));
await new Promise((resolve) => echo.bind(5000, '10.10.10.11', resolve));

let changes = 0;
let changing = Promise.resolve();
let isOver = false;
const change = async () => {
  await setFilter('eth0', FILTERS[changes % FILTERS.length], { onWarning });
  if (changes % 2 === 0) await disablePort('eth0.44', { onWarning });
  else await enablePort('eth0.44', { address: '10.44.0.11/24', onWarning });
  changes++;
};
const again = () => {
  if (isOver) return;
  changing = change().then(() => setTimeout(again, Number(changeMs)), fail);
};

const statistics = () => ({ echo: echo.statistics(), all: all.statistics() });
let before = statistics();
process.on('SIGUSR1', () => {
  before = statistics();
  process.stdout.write('changing\n');
  again();
});
process.on('SIGUSR2', async () => {
  isOver = true;
  await changing;
  process.stdout.write('still\n');
});
process.on('SIGINT', () => {
  process.stdout.write(`${JSON.stringify({ changes, before, ...statistics() })}\n`);
  process.exit(0);
});
process.stdout.write('ready\n');
