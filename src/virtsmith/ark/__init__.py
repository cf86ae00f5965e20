"""QEMU and libvirt versions side by side: catalogue, packages, instant installs, use, and the check matrix.

``layout`` knows where things are, ``archive`` reads distribution archives, ``install`` lays versions out, ``catalogue``
and ``packaging`` serve builds from source, ``daemon`` and ``check`` use what is installed.
"""
