// Every call of the configuration while a worker runs; prints what each gave, a JSON object a line.
import { disablePort, enablePort, queryPort, setFilter, setVlans, solicit } from 'evlnet';

const onWarning = (message) => console.log(JSON.stringify({ warning: message }));
const show = async (name, call) => {
  const result = await call().catch(({ code, message }) => ({ code, message }));
  console.log(JSON.stringify({ name, result: result ?? null }));
};
await show('query', () => queryPort('eth0.42'));
await show('filter', () =>
  setFilter('eth0.42', { rules: [{ match: 'vlan 42 and icmp', verdict: 'drop' }] }, { onWarning }),
);
await show('no filter', () => setFilter('eth0', null, { onWarning }));
await show('second', () => enablePort('other', { link: 'eth0', vid: 42, onWarning }));
await show('enable', () => enablePort('eth0.44', { address: '10.10.44.11/24', onWarning }));
await show('vlans', () => setVlans([44, 42], { onWarning }));
await show('aborted', () => setVlans('42', { onWarning, signal: AbortSignal.abort(new Error('enough')) }));
await show('solicit', () => solicit('10.10.10.10', { onWarning }));
await show('nobody', () => solicit('10.10.10.99', { timeoutMs: 50, onWarning }));
await show('disable', () => disablePort('eth0.44', { onWarning }));
