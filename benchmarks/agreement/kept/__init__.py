"""What libvirt keeps of domains that it defines, judged by real definitions."""
