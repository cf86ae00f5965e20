"""Rules for the NUMA, PCI and IOMMU topology of any domain XML: what libvirt and QEMU accept and guests then suffer."""
