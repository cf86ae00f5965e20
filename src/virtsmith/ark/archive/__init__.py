"""Distribution archives read without their package manager: signatures, indexes, dependency closures, packages."""
