// PcapDevice at both ends of a veth pair in the namespace that this thread is in.
import { PcapDevice, type PcapPlace } from '../../src/device/pcap.js';
import { PCAP_PAGE_LENGTH, PcapPage } from '../../src/device/pcap-page.js';
import { vlanTable } from '../../src/filter/vlan-table.js';
import { ENDS, POOL, VID } from './veth.js';
import type { WireEnds } from './wire.js';

/** A device of its own on the interface; VLAN 42 is out-of-band. */
export function openPcap(ifname: string, o: Partial<PcapPlace> = {}): PcapDevice {
  const page = new PcapPage(new ArrayBuffer(PCAP_PAGE_LENGTH));
  page.setTable(vlanTable([VID], [], new Uint8Array(6)));
  return new PcapDevice({ ifname, pool: POOL, chunkSize: 2048, bufferLength: 32 << 20, ...o }, page);
}

export interface PcapWire extends WireEnds {
  readonly device: PcapDevice;
  readonly peer: PcapDevice;
}

export function pcapWire(): PcapWire {
  const [device, peer] = ENDS.map((ifname) => openPcap(ifname)) as [PcapDevice, PcapDevice];
  return {
    device,
    peer,
    close() {
      peer.close();
      device.close();
    },
  };
}
