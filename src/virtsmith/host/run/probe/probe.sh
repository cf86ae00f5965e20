# Reads what a verdict needs from sysfs into $facts, as JSON (schema 1). No forks: built-ins only. An absent file reads
# as an empty text. Runs under any POSIX shell with `cd -P`, so it also serves guests reached over ssh.
get() { value=; [ -r "$1" ] && read -r value < "$1" 2> /dev/null; :; }
target() { value=; [ -e "$1" ] && cd -P "$1" 2> /dev/null && value=${PWD##*/}; cd /; }
text() { # text KEY VALUE: appends "KEY":"VALUE", with what JSON cannot hold taken out
    clean=$2
    case $clean in *[\\\"]*) clean=$(printf '%s' "$clean" | tr '\\"' "/'");; esac
    facts="$facts,\"$1\":\"$clean\""
}
number() { case $2 in '' | *[!0-9-]*) facts="$facts,\"$1\":null" ;; *) facts="$facts,\"$1\":$2" ;; esac; }

get /proc/sys/kernel/osrelease
facts="{\"schema\":1"
text kernel "$value"
get /proc/cmdline
text cmdline "$value"

text machine "$(uname -m)"

facts="$facts,\"cpus\":["
comma=
for cpu in /sys/devices/system/cpu/cpu[0-9]*; do
    [ -d "$cpu/topology" ] || continue
    facts="$facts$comma{\"id\":${cpu##*cpu}"
    comma=,
    get "$cpu/topology/physical_package_id"; number package "$value"
    get "$cpu/topology/die_id"; number die "$value"
    get "$cpu/topology/core_id"; number core "$value"
    facts="$facts}"
done

facts="$facts]"

# Which CPUs the kernel itself joins; binary attributes, one fork for all of them.
joined() { # joined KEY FILE: appends "KEY":["0-1",...], a list of CPUs for each CPU
    facts="$facts,\"$1\":["
    comma=
    list=$(cat /sys/devices/system/cpu/cpu[0-9]*/topology/"$2" 2> /dev/null)
    while read -r line; do
        [ -n "$line" ] || continue
        facts="$facts$comma\"$line\""
        comma=,
    done << LINES
$list
LINES
    facts="$facts]"
}
joined core_cpus core_cpus_list
joined die_cpus die_cpus_list
joined package_cpus package_cpus_list

facts="$facts,\"nodes\":["
comma=
for node in /sys/devices/system/node/node[0-9]*; do
    [ -d "$node" ] || continue
    facts="$facts$comma{\"id\":${node##*node}"
    comma=,
    text cpus "$(cat "$node/cpulist")" # a binary attribute: the built-in read cannot
    get "$node/distance"; text distance "$value"
    total=
    while read -r _ _ name kib _; do
        [ "$name" = MemTotal: ] && total=$kib && break
    done < "$node/meminfo"
    number memtotal_kb "$total"
    get "$node/access0/initiators/read_latency"; number read_latency "$value"
    facts="$facts,\"hugepages\":{"
    inner=
    for pages in "$node"/hugepages/hugepages-*kB; do
        [ -d "$pages" ] || continue
        size=${pages##*-}
        get "$pages/nr_hugepages"; count=$value
        get "$pages/free_hugepages"
        facts="$facts$inner\"${size%kB}\":[$count,$value]"
        inner=,
    done
    facts="$facts}}"
done

facts="$facts],\"pci\":["
comma=
for device in /sys/bus/pci/devices/*; do
    [ -e "$device" ] || continue
    facts="$facts$comma{\"addr\":\"${device##*/}\""
    comma=,
    value=
    cd -P "$device" && value=${PWD%/*} && value=${value##*/}
    cd /
    text parent "$value"
    get "$device/vendor"; text vendor "$value"
    get "$device/device"; text device "$value"
    get "$device/class"; text class "$value"
    case $value in
        0x0604*) text config "$(hexdump -v -n 256 -e '1/1 "%02x"' "$device/config" 2> /dev/null)" ;;
    esac
    get "$device/numa_node"; number numa_node "$value"
    target "$device/iommu_group"; text iommu_group "$value"
    target "$device/driver"; text driver "$value"
    target "$device/physfn"; text physfn "$value"
    get "$device/sriov_totalvfs"; text sriov_totalvfs "$value"
    get "$device/sriov_numvfs"; text sriov_numvfs "$value"
    get "$device/reset_method"; text reset "$value"
    value=
    for features in "$device"/virtio*/features; do get "$features"; done
    text virtio "$value"
    name=
    mac=
    for net in "$device"/net/* "$device"/virtio*/net/*; do
        [ -e "$net" ] && name=${net##*/} && get "$net/address" && mac=$value
    done
    text netdev "$name"
    text mac "$mac"
    facts="$facts}"
done
facts="$facts]"

units=
for unit in /sys/class/iommu/*; do [ -e "$unit" ] && units="$units ${unit##*/}"; done
text iommu "${units# }"
for register in cap ecap; do
    value=
    for unit in /sys/class/iommu/dmar*; do get "$unit/intel-iommu/$register"; break; done
    text "iommu_$register" "$value"
done
get /sys/class/dmi/id/product_version; text machine_type "$value"
kvm=
[ -c /dev/kvm ] && kvm=yes
text kvm "$kvm"
virtualization=
while read -r key _ flags; do
    case $key in
        flags)
            case " $flags " in *" svm "*) virtualization=svm ;; *" vmx "*) virtualization=vmx ;; esac
            break ;;
    esac
done < /proc/cpuinfo
text virtualization "$virtualization"
text modules "${modules# }"
[ -n "${leases+set}" ] && text leases "${leases# }"

facts="$facts,\"log\":["
comma=
log=$(dmesg 2> /dev/null | grep -E 'DMAR|AMD-Vi|IRQ remapping|RMRR|on NUMA node|Unknown NUMA node|without secondary bus|SRAT: Node|HMAT: |Initiator-Target|sibling|WARNING: |BUG: ' |
    tr '\\"\t' "/' ")
while read -r line; do
    [ -n "$line" ] || continue
    facts="$facts$comma\"$line\""
    comma=,
done << LINES
$log
LINES
facts="$facts]}"
