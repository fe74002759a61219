// How the counters of a port add up, as evlnet-stats(8) says, at any moment and whatever came. Over the record that `evlnet -j stats` prints.

/** About frames that were to be sent, or that did not reach the stack. */
const NOT_RECEIVED = /^(tx-ring-full|no-buffer|neighbour-.*|xsk-.*|pcap-.*|hidden-tag)$/;

/** Drops of reception, by reason: those that moved. */
export const receptionDrops = ({ drops }) =>
  Object.fromEntries(Object.entries(drops).filter(([name, n]) => n > 0 && !NOT_RECEIVED.test(name)));

/** Frames received of which it is not told what became of them: fragments that wait for others, and no other. */
export function unaccounted(record) {
  const { stats64, echo, reassembled } = record;
  const dropped = Object.values(receptionDrops(record)).reduce((sum, n) => sum + n, 0);
  const taken =
    echo.replies +
    record.timestamp_replies +
    record.arp_replies +
    record.arp_learned +
    record.icmp_messages +
    record.igmp.messages +
    record.udp_datagrams +
    record.packet_frames +
    (reassembled.fragments - reassembled.packets);
  return stats64.rx.packets - dropped - taken;
}

/** Frames that the device took. */
export const transmitted = ({ stats64, drops }) => stats64.tx.packets - drops['tx-ring-full'];
