"""What is built from a plan: domain XML, command lines for QEMU and virt-install, and provisioning scripts."""
