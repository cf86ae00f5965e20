# Hands one PCI function to a nested guest and lets that guest use the network through it. Sourced by init; appends
# the outcome to $facts.
device=$(option nested)
path=/sys/bus/pci/devices/$device
say() { echo "virtsmith-nested: $*"; }

target "$path/iommu_group"; group=$value
members=
for member in "$path"/iommu_group/devices/*; do
    [ -e "$member" ] && members="$members ${member##*/}"
done
say "device $device, group $group:$members"

# Every function of the group must belong to vfio, bridges apart; a function that is in use elsewhere is left alone,
# as an administrator would, so that an unfit group shows itself.
echo vfio-pci > "$path/driver_override"
[ -e "$path/driver/unbind" ] && echo "$device" > "$path/driver/unbind"
echo "$device" > /sys/bus/pci/drivers_probe
target "$path/driver"; bound=$value
say "bound to ${bound:-nothing}"

error=
status=
if [ "$bound" = vfio-pci ]; then
    say "starting the nested guest"
    LD_LIBRARY_PATH=/nested/lib /nested/lib/loader /nested/qemu -L /nested/share \
        -nodefaults -no-user-config -display none -machine q35 -accel kvm -cpu host -smp 1 -m 384 \
        -serial file:/tmp/nested.log -monitor none -no-reboot -device "vfio-pci,host=$device,rombar=0" \
        -kernel /nested/vmlinuz -initrd /nested/initramfs \
        -append 'console=ttyS0 quiet panic=-1' 2> /tmp/nested.err
    status=$?
    while read -r line; do error="$error $line"; done < /tmp/nested.err
    [ -n "$error" ] && say "qemu:$error"
    [ -e /tmp/nested.log ] && cat /tmp/nested.log
fi

result() { # result NAME: what the nested guest reported under that name
    value=
    [ -e /tmp/nested.log ] || return
    while read -r tag key rest; do
        [ "$tag $key" = "nested-guest: $1" ] && value=${rest%$(printf '\r')}
    done < /tmp/nested.log
}
facts="${facts%\}},\"nested\":{\"device\":\"$device\""
text group "$group"
text members "${members# }"
text bound "$bound"
text status "$status"
text error "${error# }"
for name in driver mac lease ping irqs; do result "$name"; text "$name" "$value"; done
facts="$facts}}"
