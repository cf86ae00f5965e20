#!/bin/sh
# First process of the nested guest: uses the one network card it was given.
PATH=/bin
export PATH
busybox mkdir -p /proc /sys /dev /tmp
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs devtmpfs /dev
busybox --install -s /bin
say() { echo "nested-guest: $*"; }
while read -r module; do
    [ -n "$module" ] && insmod "/modules/$module.ko"
done < /modules.list
for device in /sys/bus/pci/devices/*; do
    for net in "$device"/net/*; do
        [ -e "$net" ] || continue
        name=${net##*/}
        cd -P "$device/driver" && say driver "${PWD##*/}"
        cd /
        say mac "$(cat "$net/address")"
        ip link set "$name" up
        udhcpc -i "$name" -n -q -t 6 -T 2 -s /lease.sh
        ping -c 3 -W 2 10.0.2.2 > /tmp/ping
        while read -r sent _ _ got _; do
            case $sent in 3) say ping "$got" ;; esac
        done < /tmp/ping
        irqs=0
        while read -r _ count rest; do
            case $rest in *MSI*$name*) irqs=$((irqs + count)) ;; esac
        done < /proc/interrupts
        say irqs "$irqs"
    done
done
poweroff -f
