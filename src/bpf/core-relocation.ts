// CO-RE relocations (Documentation/bpf/llvm_reloc.rst): immediates that a loader may mend for the running kernel. Packets
// and __sk_buff look the same in every kernel, so that what the compiler has put there is right; of a struct of the
// kernel's own it may be wrong.

import { type Btf, Kind } from './btf.js';
import type { CoreRelocation } from './btf-ext.js';

/** Of the user API, or of a protocol: never laid out anew. */
const FIXED =
  /^(__sk_buff|xdp_md|bpf_\w+|eth\w*hdr|vlan\w*hdr|iphdr|ipv6\w*hdr|udphdr|tcphdr|icmp\w*hdr|igmphdr|arphdr|sctphdr|in6?_addr|ip_\w+_hdr|ipv6_opt_hdr|frag_hdr|mpls_label|gre_base_hdr|vxlanhdr|ptp_header)$/;
const FIELD_BYTE_OFFSET = 0;
const FIELD_EXISTS = 2;
const FIELD_RSHIFT_U64 = 5;
const TYPE_ID_LOCAL = 6;

/** What the author must know of a relocation that is left as compiled, if anything. */
export function doubt({ type, kind }: CoreRelocation, btf: Btf): string | undefined {
  const { kind: typeKind, name } = btf.resolve(type);
  if (kind === TYPE_ID_LOCAL) return undefined;
  const what = `${typeKind === Kind.Union ? 'union' : typeKind === Kind.Enum ? 'enum' : 'struct'} ${name || '(without a name)'}`;
  const isLayout = kind >= FIELD_BYTE_OFFSET && kind <= FIELD_RSHIFT_U64 && kind !== FIELD_EXISTS;
  if (isLayout)
    return name === '' || FIXED.test(name)
      ? undefined
      : `the layout of ${what} is taken as it was compiled, not from the running kernel`;
  return `the question what ${what} is like in the running kernel (CO-RE) keeps the answer that it was compiled with`;
}
