"""What tests about libvirt documents share: samples, exact comparison, the corpus."""
