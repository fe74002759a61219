// What is said to somebody whose expression is wrong: test/golden/filter/expression-errors, one after the other.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EvlnetError, Exit } from '../../../src/errors.js';
import { parse } from '../../../src/filter/expression/parse.js';
import { compileRules } from '../../../src/filter/rules.js';

const GOLDEN = 'test/golden/filter/expression-errors';

const EXPRESSIONS = [
  '',
  'udp prot 5000',
  'udp port',
  'port domain',
  'port 70000',
  'udp port 53 and',
  'udp port 53 adn tcp',
  'host example.org',
  'host 10.0.0.256',
  'host 10.0.0.1/24',
  'src 10.0.0.0/8',
  'net 10.0.0.1/8',
  'net 10.0.0.0/33',
  'net 10.0.0.0 mask 300.0.0.0',
  'net fe80::1/10',
  'host 1::2::3',
  '10.0.0.1',
  'ip 10.0.0.1',
  'ether 02:fc:00:00:00:01',
  'host 02:fc:00:00:00:01',
  'ether host 10.0.0.1',
  'ether net 10',
  'tcp host 10.0.0.1',
  'ip host ::1',
  'ip port 53',
  'icmp port 53',
  'ip broadcast',
  'tcp broadcast',
  'vlan 5000',
  'vlan 5 or 6',
  '(port 53) or 80',
  'port 53 or and 80',
  '((udp)',
  'udp)',
  'not',
  'ip[0',
  'ip[0:3] = 1',
  'ip[0] & 0xf',
  'ip[0] = ',
  'ip[0] / 0 = 1',
  'ip[0] << 32 = 0',
  'len-5 > 3',
  'ah[0] = 1',
  'foo[0] = 1',
  'gateway 10.0.0.1',
  'mpls',
  'inbound',
  'ip protochain 6',
  'ether proto 0x809b',
  'tcp proto 6',
  'src proto 6',
  'ip proto 300',
  'ip proto foo',
  'ether proto foo',
  'UDP port 53',
  'udp port 53 # comment',
  'port 53 "x"',
  'port 09',
  'port 0x100000000',
  'less',
  'less x',
  'src src 1.2.3.4',
  'host 5000',
  'udp 5000',
  'port 5-10',
  'portrange 5-70000',
  'portrange ssh-http',
  'udp and tcp port 80 and host 192.168.1.1 and not net 10.0.0.0/8 and portt 5000 and len > 60 and len < 100 and vlan 5',
  'ip src',
  'ether src',
  'dst',
  'host',
  'net',
  'tcp[tcpflag] = 1',
  'icmp[icmptype] = icmp-ecko',
  'iç',
  'wlan type mgt',
  'on eth0',
  'ip[ip[0] = 3',
  '(ip[0] = 5',
  'and udp',
  '= 5',
  '5',
];

function errorOf(text: string): EvlnetError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof EvlnetError) return error;
    throw error;
  }
  throw new Error(`"${text}" is no error`);
}

test('every error shows the word, and what to do where that is known', () => {
  const shown = EXPRESSIONS.map(errorOf).map(
    ({ message, hint }) => `${message}\n${hint === undefined ? '' : `Hint: ${hint}\n`}`,
  );
  const text = shown.join('\n');
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(dirname(GOLDEN), { recursive: true });
    writeFileSync(GOLDEN, text);
  }
  expect(text).toBe(readFileSync(GOLDEN, 'utf8'));
});

test('all are usage errors of one code', () => {
  for (const { code, exit } of EXPRESSIONS.map(errorOf))
    expect([code, exit]).toEqual(['EVL_EXPRESSION', Exit.Usage]);
});

describe('whatever is typed', () => {
  const words =
    'udp tcp ip ip6 vlan port host net src dst not and or ( ) [ ] : = > & | << - % 5 0x10 10.0.0.1 10/8 ::1 2:fc:0:0:0:1 len tcpflags \\udp less proto 5-10';
  const soup = fc.array(fc.constantFrom(...words.split(' ')), { maxLength: 60 }).map((of) => of.join(' '));

  test.each([
    ['any characters', fc.string({ unit: 'grapheme', maxLength: 80 })],
    ['words in any order', soup],
  ])('is a filter or an error that says where: %s', (_name, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (match) => {
        try {
          compileRules({ rules: [{ match, verdict: 'accept' }], default: 'vlan' });
        } catch (error) {
          expect(error).toMatchObject({ name: 'EvlnetError', code: 'EVL_EXPRESSION' });
        }
      }),
      { seed: 20260, numRuns: 4000 },
    );
  });

  test('depth and length have limits, and neither takes long', () => {
    const deep = '('.repeat(50_000);
    expect(() => parse(`${deep}udp`)).toThrow(/more than 100 parentheses/);
    expect(() => parse(`${'not '.repeat(10_000)}udp`)).toThrow(/more than 100 parentheses and negations/);
    expect(() => parse(`ip[${'-'.repeat(1000)}1] = 1`)).toThrow(/more than 100/);
    expect(() => parse(`ip[0]${' + (ip[0]'.repeat(60)}${')'.repeat(60)} = 1`)).toThrow(
      /intermediate results/,
    );
    expect(() => parse('udp or '.repeat(10_000))).toThrow(/longer than 65536 characters/);
    expect(() => parse(`udp ${' '.repeat(60_000)} x`)).toThrow(/not a word/);
  });
});
