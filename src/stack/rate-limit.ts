// Errors no faster than Linux sends them (RFC 1812 §4.3.2.8): net.ipv4.icmp_ratelimit to each host, net.ipv4.icmp_msgs_per_sec to all.
// A bucket of tokens is one number, the time at which it would be full again.

/** One a second to a host, six at once (XRLIM_BURST_FACTOR). */
const HOST_NS = 1e9;
const HOST_BURST = 6;
/** 1000 a second, 50 at once. */
const ALL_NS = 1e6;
const ALL_BURST = 50;
/** Hosts are found by a hash of their address: those that share a bucket share what it allows. */
const HOST_BITS = 10;

export class RateLimit {
  readonly #full = new Float64Array(1 << HOST_BITS);
  #allFull = 0;

  /** Takes a token for an error to `host`, if there is one. */
  allows(host: number, nowNs: number): boolean {
    const bucket = Math.imul(host, 0x9e37_79b1) >>> (32 - HOST_BITS);
    const full = Math.max(this.#full[bucket]!, nowNs);
    const allFull = Math.max(this.#allFull, nowNs);
    if (full - nowNs > (HOST_BURST - 1) * HOST_NS || allFull - nowNs > (ALL_BURST - 1) * ALL_NS) return false;
    this.#full[bucket] = full + HOST_NS;
    this.#allFull = allFull + ALL_NS;
    return true;
  }
}
