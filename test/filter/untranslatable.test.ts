import { describe, expect, test } from '@jest/globals';
import { type Assembler, Call, r0, r1, r2, r3, r4, r5, r6, r10 } from '../../src/bpf/asm.js';
import { MapType } from '../../src/bpf/program.js';
import { EvlnetError } from '../../src/errors.js';
import { toSocketFilter, toTcx } from '../../src/filter/to-skb.js';
import { toXdp } from '../../src/filter/to-xdp.js';
import { assembled } from './assembled.js';

const line = { file: 'filter.c', line: 7, column: 3, text: '' };
const events = { name: 'events', type: MapType.PerfEventArray, keySize: 4, valueSize: 4, maxEntries: 1 };
const verdict = (a: Assembler) => a.mov(r0, 1).exit();

const everywhere: [name: string, write: (a: Assembler) => Assembler, reason: string][] = [
  [
    'the socket',
    (a) => verdict(a.line('', line).load('dw', r2, r1, 168)),
    'skb->sk has no meaning before the socket is looked for',
  ],
  [
    "the socket's cookie",
    (a) => verdict(a.line('', line).call(Call.getSocketCookie)),
    'bpf_get_socket_cookie() has no meaning before the socket is looked for',
  ],
  [
    'its owner',
    (a) => verdict(a.mov(r6, r1).line('', line).mov(r1, r6).call(Call.getSocketUid)),
    'bpf_get_socket_uid() has no meaning before the socket is looked for',
  ],
  [
    'octets of the frame in an event',
    (a) =>
      verdict(
        a
          .store('dw', r10, -8, 0)
          .load('w', r3, r1, 0)
          .alu('lsh', r3, 32)
          .map(r2, 'events')
          .mov(r4, r10)
          .alu('add', r4, -8)
          .mov(r5, 8)
          .line('', line)
          .call(Call.perfEventOutput),
      ),
    'bpf_perf_event_output() with octets of the frame: they would start at another header',
  ],
  [
    'a helper of another kind of program',
    (a) => verdict(a.line('', line).call(Call.skbVlanPop)),
    'bpf_skb_vlan_pop() takes the packet',
  ],
  [
    "a function of the kernel's that takes the packet",
    (a) =>
      verdict(
        a.append({
          opcode: 0x85,
          dst: 0,
          src: 2,
          offset: 0,
          imm: 0,
          kfunc: 'bpf_dynptr_from_skb',
          source: line,
        }),
      ),
    'bpf_dynptr_from_skb() takes the packet',
  ],
];

describe.each([
  ['XDP', toXdp],
  ['TCX', toTcx],
  ['a packet socket', toSocketFilter],
] as const)('a filter that cannot be translated to %s says where and why', (to, translate) => {
  test.each(everywhere)('%s', (_name, write, reason) => {
    const { object, program } = assembled('filter', write, [events]);
    const error = (() => {
      try {
        translate(object, program);
      } catch (e) {
        return e;
      }
    })();
    expect(error).toBeInstanceOf(EvlnetError);
    const { code, message, hint } = error as EvlnetError;
    expect(code).toBe('EVL_FILTER_UNSUPPORTED');
    expect(message).toBe(`Cannot translate filter "filter.o" to ${to}: filter.c:7: ${reason}`);
    expect(hint).toMatch(/\w/);
  });
});

test('toXdp() says how much stack is left', () => {
  const deep = (octets: number) =>
    assembled('deep', (a) => verdict(a.store('dw', r10, -octets, 0).load('w', r2, r1, 0)));
  const { object, program } = deep(480);
  expect(() => toXdp(object, program)).toThrow(
    'Cannot translate filter "deep.o" to XDP: function "deep" uses 480 octets of stack, 472 are left to it',
  );
  const fits = deep(472);
  expect(toXdp(fits.object, fits.program).instructions.length).toBeGreaterThan(0);
});
