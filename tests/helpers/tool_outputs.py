"""What tools print about a machine, as users paste it."""

NUMACTL = b"""available: 2 nodes (0-1)
node 0 cpus: 0 1
node 0 size: 1000 MB
node 0 free: 900 MB
node 1 cpus:
node 1 size: 500 MB
node distances:
node     0    1\x20
   0:   10   21\x20
   1:   21   10\x20
"""
LSPCI = b"""-+-[0000:00]-+-00.0  Host bridge
 |           +-01.0-[01]--+-00.0  Card
 |           |            \\-00.1  Card
 |           +-1e.0-[02-03]----00.0-[03]--
 |           \\-1f.0  Bridge
 \\-[0000:b4]---00.0-[b5]----00.0  Card
"""
TREE = b"""computer
  |
  +- net_lo_00_00_00_00_00_00
  +- pci_0000_00_1e_0
  |   |
  |   +- pci_0000_02_00_0
  |       |
  |       +- pci_0000_03_01_0
  |           |
  |           +- net_enp3s1_52_54_00_10_26_7e
  |            \x20
  +- pci_0000_00_1f_0
  +- pci_0000_b4_00_0
      |
      +- pci_0000_b5_00_0
          |
          +- net_enp181s0_52_54_00_7e_6e_c6

"""
DEVICE = b"""<device>
  <name>pci_0000_b5_00_0</name>
  <parent>pci_0000_b4_00_0</parent>
  <driver><name>vfio-pci</name></driver>
  <capability type='pci'>
    <domain>0</domain><bus>181</bus><slot>0</slot><function>0</function>
    <product id='0x10d3'>Card</product><vendor id='0x8086'>Intel</vendor>
    <capability type='virt_functions' maxCount='7'>
      <address domain='0x0000' bus='0xb5' slot='0x10' function='0x0'/>
    </capability>
    <iommuGroup number='9'>
      <address domain='0x0000' bus='0xb4' slot='0x00' function='0x0'/>
      <address domain='0x0000' bus='0xb5' slot='0x00' function='0x0'/>
    </iommuGroup>
    <numa node='0'/>
  </capability>
</device>"""
CAPABILITIES = b"""<capabilities><host><topology><cells num='1'><cell id='0'>
  <memory unit='MiB'>1000</memory><pages unit='KiB' size='4'>5</pages><pages unit='KiB' size='2048'>7</pages>
  <distances><sibling id='1' value='21'/><sibling id='0' value='10'/></distances>
  <cpus num='2'><cpu id='1'/><cpu id='0'/></cpus></cell></cells></topology></host></capabilities>"""
DMESG = b"""[ 0.1] DMAR: IOMMU enabled
[ 2.9] iommu: Adding device 0000:b4:00.0 to group 14
[    4.5] pci 0000:b5:00.0: Adding to iommu group 14
"""
LSTOPO = b"""Machine (1500MB total)
  Group0
    NUMANode P#0 (1000MB)
    Package P#0 + Core P#0 + PU P#0
    HostBridge
      PCIBridge
        PCI b5:00.0 (Ethernet)
  Group0
    NUMANode P#1 (500MB)
  HostBridge
    PCI 00:1f.2 (SATA)
"""
SAMPLES = [NUMACTL, LSPCI, TREE, DEVICE, CAPABILITIES, DMESG, LSTOPO]
WHOLE_CAPABILITIES = b"""<capabilities><host><cpu><arch>x86_64</arch><vendor>AMD</vendor></cpu>
<iommu support='yes'/><topology>
<cells num='2'><cell id='0'><memory unit='KiB'>1000000</memory><pages unit='KiB' size='2048'>3</pages><distances>
<sibling id='0' value='10'/><sibling id='1' value='17'/></distances><cpus num='2'>
<cpu id='0' socket_id='0' die_id='1' core_id='4' siblings='0-1'/><cpu id='1'/></cpus></cell>
<cell id='1'><memory unit='KiB'>2000000</memory><cpus num='0'/></cell></cells><interconnects>
<latency initiator='0' target='1' type='read' value='11'/><latency initiator='0' target='1' type='write' value='12'/>
<bandwidth initiator='0' target='1' type='access' value='2' unit='MiB'/></interconnects></topology></host>
</capabilities>
"""
HWLOC = b"""<?xml version="1.0"?><!DOCTYPE topology SYSTEM "hwloc2.dtd">
<topology version="2.0"><object type="Machine" os_index="0" nodeset="0x00000007">
<info name="Architecture" value="x86_64"/><object type="Package" os_index="1" cpuset="0x00000003" nodeset="0x00000005">
<object type="NUMANode" os_index="0" cpuset="0x00000003" nodeset="0x1" gp_index="7" local_memory="1073741824"/>
<object type="NUMANode" os_index="2" cpuset="0x00000003" nodeset="0x4" gp_index="8" local_memory="2147483648">
<page_type size="4096" count="9"/><page_type size="2097152" count="4"/></object>
<object type="Core" os_index="3"><object type="PU" os_index="0"/><object type="PU" os_index="1"/></object>
<object type="Bridge" bridge_type="0-1" bridge_pci="0000:[16-18]"><object type="Bridge" bridge_type="1-1"
 pci_busid="0000:16:00.0" pci_type="0604 [8086:2030] [0000:0000] 04 00"><object type="PCIDev" pci_busid="0000:17:00.0"
 pci_type="0200 [8086:1572] [0000:0000] 02 00"><object type="OSDev" name="eth0"><info name="Address"
 value="3c:fd:fe:00:00:01"/></object></object></object></object></object></object>
<distances2 type="NUMANode" nbobjs="2" kind="5" indexing="os"><indexes length="4">0 2 </indexes>
<u64values length="12">10 14 14 10 </u64values></distances2></topology>
"""
