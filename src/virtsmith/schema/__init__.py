"""From libvirt's RELAX NG schemas to facts, and from facts to the typed model.

The steps, in order, one file each: `rng` reads a folder of schemas into patterns, `pattern` is the algebra on them,
`world` finds which element types are the same, `build` makes facts of one release, `merge` dates them by other
releases, `naming` gives classes and fields their names, `plan` their Python types, `placement` a module to each class,
`classes` and `tables` write what modules hold, `emit` the files. `pipeline` is the order of steps.
"""
