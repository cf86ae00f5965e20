#!/bin/sh
# First process of a probe guest. Shell built-ins do the reading: a fork is slow where every instruction is emulated.
PATH=/bin
export PATH
busybox mkdir -p /proc /sys /dev /tmp
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs devtmpfs /dev
busybox --install -s /bin
echo "virtsmith-probe: started"

read -r cmdline < /proc/cmdline
option() { # option NAME: the value of virtsmith.NAME on the kernel command line
    for word in $cmdline; do
        case $word in virtsmith.$1=*) echo "${word#*=}"; return;; esac
    done
}

modules=
while read -r module; do
    case $module in
        kvm_*) insmod "/modules/$module.ko" 2> /dev/null || continue ;; # one of two: the CPU decides
        *) insmod "/modules/$module.ko" || { echo "virtsmith-probe: failed: module $module"; continue; } ;;
    esac
    modules="$modules $module"
done < /modules.list

# Virtual functions: the physical one must be up, and its driver settled, before they are asked for.
vfs=$(option vfs)
if [ -n "$vfs" ]; then
    for each in ${vfs//,/ }; do
        for net in /sys/bus/pci/devices/${each%=*}/net/*; do
            [ -e "$net" ] && ip link set "${net##*/}" up
        done
    done
    sleep 3
    for each in ${vfs//,/ }; do
        file=/sys/bus/pci/devices/${each%=*}/sriov_numvfs
        [ -w "$file" ] && echo "${each#*=}" > "$file"
    done
fi

# Traffic: an address from the user network behind each card proves that its DMA and interrupts work.
if [ -n "$(option traffic)" ]; then
    leases=
    for net in /sys/bus/pci/devices/*/net/* /sys/bus/pci/devices/*/virtio*/net/*; do
        [ -e "$net" ] || continue
        name=${net##*/}
        ip link set "$name" up
        udhcpc -i "$name" -n -q -t 4 -T 2 -s /bin/true > /dev/null 2>&1 && leases="$leases $name"
    done
fi

. /probe.sh
[ -f /nested.sh ] && . /nested.sh

port=/dev/$(option port)
stty -F "$port" raw -echo
sum=$(printf '%s' "$facts" | md5sum)
printf 'BEGIN %s %s\n%s\nEND\n' "${sum%% *}" "${#facts}" "$facts" > "$port"
echo "virtsmith-probe: facts sent"

case $(option mode) in
    stay)
        echo "virtsmith-probe: ready"
        while :; do setsid cttyhack sh; done ;;
esac
poweroff -f
