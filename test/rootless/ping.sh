#!/bin/sh
# Run by an ordinary user as the first process of a namespace of each kind (`unshare -Urnmpf`): an unmodified ping over VLAN 42, answered by evlnet on the driver pcap.
#   ping.sh ROOT FOLDER
#
#   issuer: eno2 --- access :switch: trunk --- eth0 :here, evlnet
set -eu
root=$1 folder=$2
PATH=$PATH:/usr/sbin:/sbin
mount -t proc none /proc
mount -t tmpfs none /run
for host in issuer switch; do ip netns add $host; done
ip link add eth0 type veth peer name trunk netns switch
ip -n issuer link add eno2 type veth peer name access netns switch
for port in trunk access; do ip -n switch link set dev $port addrgenmode none up; done
ip link set dev eth0 addrgenmode none up
ip -n issuer link set dev eno2 addrgenmode none up
ip -n issuer address add 10.10.10.10/24 dev eno2

ip netns exec switch python3 "$root/test/rootless/access.py" trunk access 42 >"$folder/switch" 2>&1 &
export EVLNET_STATE="$folder/state.json"
evlnet=$root/bin/evlnet
$evlnet vlans set 42 2>/dev/null
$evlnet port enable eth0.42 address 10.10.10.11/24
$evlnet icmp -i eth0.42 >"$folder/out" 2>"$folder/err" &
responder=$!
tries=0
until grep -q listening "$folder/out" && grep -q switching "$folder/switch"; do
  [ $((tries += 1)) -le 300 ] && kill -0 $responder || { cat "$folder/err"; exit 1; }
  sleep 0.05
done
ip netns exec issuer ping -n -c 5 -i 0.2 10.10.10.11
$evlnet port show
$evlnet -j stats show eth0 >"$folder/stats"
kill -INT $responder
wait $responder
cat "$folder/out" "$folder/err"
