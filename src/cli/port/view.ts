import type { Paint } from '../print/paint.js';
import type { View } from '../print/printer.js';
import { statisticsLines } from '../stats/text.js';
import type { PortRecord } from './record.js';

/** ip(8)-style lines. */
export const portView: View<PortRecord> = {
  text: (port, { paint, statistics }) => [
    firstLine(port, paint),
    `    ${addressLine(port, paint)}`,
    ...(port.pool === undefined ? [] : [`    ${bufferLine(port)}`]),
    ...(port.why === undefined ? [] : [`    why: ${port.why}`]),
    ...(port.changed === undefined ? [] : [`    changed ${port.changed.join(', ')}`]),
    ...(port.page_faults === undefined ? [] : [`    ${faultLine(port.page_faults)}`]),
    ...(port.xdp === undefined ? [] : [`    xdp ${port.xdp.mode} held by ${holder(port.xdp)}`]),
    ...(statistics && port.stats64 ? statisticsLines(port.stats64) : []),
  ],
  brief: (port, { paint }) => ({
    name: fullName(port),
    state: port.operstate,
    paintName: paint.ifname,
    paintState: statePaint(port, paint),
    rest: [
      port.lladdr && paint.lladdr(port.lladdr),
      ...port.addr_info.map((a) => paint.inet(`${a.local}/${a.prefixlen}`)),
      ...running(port),
    ],
  }),
};

const fullName = ({ ifname, link }: PortRecord) => (link === undefined ? ifname : `${ifname}@${link}`);

function firstLine(port: PortRecord, paint: Paint): string {
  const words = [
    `${port.ifindex ?? '-'}:`,
    `${paint.ifname(fullName(port))}:`,
    `<${port.flags.join(',')}>`,
    ...(port.mtu === undefined ? [] : [`mtu ${port.mtu}`]),
    ...(port.vid === undefined ? [] : [`vid ${port.vid}`]),
    `state ${statePaint(port, paint)(port.operstate)}`,
    ...(port.driver === undefined ? [] : [`driver ${port.driver} mode ${port.mode} ${copyWord(port)}`]),
    ...(port.worker === undefined ? [] : [`worker ${port.worker}`]),
  ];
  return words.join(' ');
}

function addressLine({ lladdr, addr_info }: PortRecord, paint: Paint): string {
  const words = lladdr ? [`link/ether ${paint.lladdr(lladdr)}`] : ['link/none'];
  for (const { local, prefixlen } of addr_info) words.push(`inet ${paint.inet(`${local}/${prefixlen}`)}`);
  return words.join(' ');
}

function bufferLine(port: PortRecord): string {
  const { pool, bufsz, filter, ethertype, icmp_errors, wants } = port;
  const words = [`pool ${pool} bufsz ${bufsz} filter ${filter ?? 'none'}`];
  if (ethertype) words.push(`ethertype ${ethertype}`);
  if (icmp_errors) words.push('icmp-errors on');
  for (const key of ['queues', 'spin', 'cpu', 'priority'] as const)
    if (port[key] !== undefined) words.push(`${key} ${port[key]}`);
  if (wants) {
    words.push('wants');
    if (wants.driver) words.push(`driver ${wants.driver}`);
    if (wants.mode) words.push(`mode ${wants.mode}`);
  }
  return words.join(' ');
}

const faultLine = ({ minor, major }: NonNullable<PortRecord['page_faults']>) =>
  `page faults out-of-band ${minor} minor ${major} major`;

const copyWord = ({ zerocopy }: PortRecord) => (zerocopy ? 'zero-copy' : 'copy');

const running = (port: PortRecord): string[] =>
  port.driver === undefined ? [] : [port.driver, port.mode ?? '', copyWord(port)];

const statePaint = ({ operstate }: PortRecord, paint: Paint) => {
  if (operstate === 'RUNNING') return paint.up;
  return operstate === 'DOWN' || operstate === 'STALE' ? paint.down : (text: string) => text;
};

/** `prog 12 "xdp_main" (xdp-loader pid 333)` */
function holder({ prog, pids = [] }: NonNullable<PortRecord['xdp']>): string {
  const name = prog.name ? ` "${prog.name}"` : '';
  const owners = pids.map(({ pid, comm }) => `${comm} pid ${pid}`).join(', ');
  return `prog ${prog.id}${name}${owners === '' ? '' : ` (${owners})`}`;
}
