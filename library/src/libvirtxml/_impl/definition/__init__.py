"""What keeps libvirt from defining a document, whatever its schema says."""
