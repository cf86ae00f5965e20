"""Rules for the NUMA, PCI and IOMMU topology of domain XML: mistakes that libvirt and QEMU accept and guests notice."""
