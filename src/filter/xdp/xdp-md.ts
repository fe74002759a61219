/** Offsets in struct xdp_md, <linux/bpf.h>. */
export const XdpMd = { data: 0, dataEnd: 4, dataMeta: 8, ingressIfindex: 12, rxQueueIndex: 16 } as const;
