"""What every tool needs and none owns: processes, network, files, versions, findings. No libvirt knowledge."""
