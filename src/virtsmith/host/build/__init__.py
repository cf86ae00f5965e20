"""What is made of a plan: a domain document, command lines, files for virt-install and provisioning."""
