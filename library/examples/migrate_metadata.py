"""Carry an application's metadata over to a new version of its namespace, and leave everybody else's alone."""

from libvirtxml import Domain, Metadata, RawNode

OLD = "https://example.org/inventory/1"
NEW = "https://example.org/inventory/2"


def migrate(domain: Domain) -> bool:
    """Rewrite ``<owner name='...'/>`` of version 1 as ``<owner><name>...</name></owner>`` of version 2."""
    metadata = domain.metadata or Metadata()
    changed = False
    for place, node in enumerate(metadata.nodes):
        if node.clark_name == f"{{{OLD}}}owner":
            new = RawNode.from_string(f'<inv:owner xmlns:inv="{NEW}"><inv:name/></inv:owner>')
            new.element[0].text = node.attributes.get("name", "")
            metadata.nodes[place] = new
            changed = True
    return changed


def main() -> None:
    """Migrate one domain."""
    domain = Domain.parse(
        "<domain type='kvm'><name>web</name><metadata>"
        f"<inv:owner xmlns:inv='{OLD}' name='Ada &amp; Co'/><other:x xmlns:other='urn:other'>kept</other:x>"
        "</metadata></domain>"
    )
    migrate(domain)
    print(domain.to_xml(), end="")


if __name__ == "__main__":
    main()
