"""Keep data of an application of your own in the metadata of a domain, beside that of others."""

from dataclasses import dataclass, field

import libvirtxml as lx

NAMESPACE = "https://example.org/inventory"


@dataclass
class Owner:
    """Who pays for a domain: attributes for the plain fields, elements for the members of the list."""

    name: str
    cost_center: int
    contacts: list[str] = field(default_factory=list)


def set_owner(domain: lx.Domain, owner: Owner) -> None:
    """Store the owner."""
    domain.metadata.store(NAMESPACE, owner)


def owner_of(domain: lx.Domain) -> Owner | None:
    """The owner of a domain, None if it has none."""
    return domain.metadata.load(NAMESPACE, Owner)


def main() -> None:
    """Store an owner, and read it back from the text."""
    domain = lx.Domain.parse(
        "<domain type='kvm'><name>web</name>"
        "<metadata><other:x xmlns:other='urn:other'>kept</other:x></metadata></domain>"
    )
    set_owner(domain, Owner("Ada & Co", 4711, ["ada@example.org"]))
    print(domain.to_xml(), owner_of(lx.Domain.parse(domain.to_xml())))


if __name__ == "__main__":
    main()
