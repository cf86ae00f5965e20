"""Manifests against the definitions of KubeVirt's API, where ``VIRTSMITH_KUBEVIRT_API`` names its OpenAPI document."""

import json
import os
from pathlib import Path

import pytest

from virtsmith.host.export.kubevirt import export_kubevirt
from virtsmith.host.plan.topology import plan
from virtsmith.host.spec.examples import NAMES, example_spec


@pytest.fixture(scope="module")
def machine_schema():
    """The JSON Schema of a VirtualMachine that knows no other keys than the API's."""
    path = os.environ.get("VIRTSMITH_KUBEVIRT_API")
    if not path:
        pytest.skip("VIRTSMITH_KUBEVIRT_API names no OpenAPI document (api/openapi-spec/swagger.json of KubeVirt)")
    definitions = json.loads(Path(path).read_text())["definitions"]
    for definition in definitions.values():
        if "properties" in definition:
            definition["additionalProperties"] = False
    quantity = "k8s.io.apimachinery.pkg.api.resource.Quantity"
    definitions[quantity] = {"type": "string", "pattern": r"[0-9]+(Ki|Mi|Gi)"}
    return {"$ref": "#/definitions/v1.VirtualMachine", "definitions": definitions}


@pytest.mark.parametrize("name", NAMES)
def test_kubevirts_api_knows_every_key_of_a_machine(machine_schema, name):
    jsonschema = pytest.importorskip("jsonschema")
    yaml = pytest.importorskip("ruamel.yaml").YAML(typ="safe", pure=True)
    documents = list(yaml.load_all(export_kubevirt(plan(example_spec(name))).body))
    (machine,) = (document for document in documents if document["kind"] == "VirtualMachine")
    jsonschema.Draft7Validator(machine_schema).validate(machine)
