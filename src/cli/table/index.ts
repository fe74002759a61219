import type { ObjectSpec } from '../spec.js';
import { apply } from './apply.js';
import { check } from './check.js';
import { completion } from './completion.js';
import { dump } from './dump.js';
import { filter } from './filter.js';
import { icmpResponder } from './icmp-responder.js';
import { lab } from './lab.js';
import { latency } from './latency.js';
import { monitor } from './monitor.js';
import { neighbour } from './neighbour.js';
import { net } from './net.js';
import { packet } from './packet.js';
import { ping } from './ping.js';
import { port } from './port.js';
import { route } from './route.js';
import { run } from './run.js';
import { state } from './state.js';
import { stats } from './stats.js';
import { udp } from './udp.js';
import { vlans } from './vlans.js';

/** Every object of the grammar: prefixes are judged against all of them. */
export const OBJECTS: readonly ObjectSpec[] = [
  port,
  vlans,
  filter,
  icmpResponder,
  run,
  udp,
  packet,
  neighbour,
  route,
  stats,
  latency,
  ping,
  dump,
  monitor,
  check,
  lab,
  state,
  apply,
  net,
  completion,
];
