"""CPU models and the CPU in a machine, as QEMU answers about them."""

from helpers.simulated_pc import SimulatedPC, session

from virtsmith.abi.collect import cpu
from virtsmith.abi.collect.cpu import describe_models
from virtsmith.abi.dump.model import SectionStatus

NAMES = {"sse4.1": True, "vmx": True, "x2apic": True, "family": 6, "pclmulqdq": True}
HASWELL = {
    "family": 6, "model": 60, "vendor": "GenuineIntel", "model-id": "Intel Core (Haswell)",
    "sse4.1": True, "sse4-1": True, "sse4_1": True, "vmx": False, "x2apic": True, "pclmuldq": True, "pclmulqdq": True,
    "apic-id": 0, "hotplugged": False, "min-level": 13, "kvm": True,
}  # fmt: skip
WORDS = [
    {"cpuid-input-eax": 1, "cpuid-register": "ECX", "features": 0x80202001},
    {"cpuid-input-eax": 7, "cpuid-input-ecx": 0, "cpuid-register": "EBX", "features": 0x20},
]


def expand(question):
    """QEMU's answer about a CPU model: it knows one, and the names of flags by any."""
    if question["type"] == "static":
        return {"model": {"props": NAMES}}
    return {"model": {"props": HASWELL}} if question["model"]["name"] == "Haswell" else None


def qemu(**processor):
    """Answers about CPU models, and about the processor in the machine."""
    return {
        "query-cpu-model-expansion": expand,
        "qom-get": lambda question: processor.get(question["property"].replace("-", "_")),
    }


def test_a_model_has_an_identity_features_that_are_on_by_one_name_and_settings():
    found = describe_models({"model": {"props": NAMES}}, {"Haswell": {"model": {"props": HASWELL}}})["Haswell"]
    assert found["features"] == {"sse4.1": True, "x2apic": True, "pclmulqdq": True}
    assert (found["family"], found["vendor"]) == (6, "GenuineIntel")
    assert found["settings"] == {"min-level": 13, "kvm": True}


def test_models_that_this_qemu_lacks_are_left_out_and_without_names_all_are_settings():
    with SimulatedPC(answers=qemu()) as guest:
        assert set(cpu.collect(session(guest)).data) == {"Haswell"}
    found = describe_models(None, {"Haswell": {"model": {"props": {"vmx": True, "family": 6}}}})["Haswell"]
    assert found == {"family": 6, "features": {}, "settings": {"vmx": True}}


def test_the_processor_in_the_machine_has_the_words_that_were_requested_filtered_or_not():
    filtered = [{"cpuid-input-eax": 1, "cpuid-register": "ECX", "features": 0x20}]
    answers = qemu(type="qemu64-x86_64-cpu", feature_words=WORDS, filtered_features=filtered)
    with SimulatedPC(answers=answers) as guest:
        section = cpu.collect(session(guest))
    assert set(section.data) == {"Haswell", "@machine"}
    assert section.data["@machine"] == {
        "type": "qemu64-x86_64-cpu",
        "words": {"0x1.ECX": "0x80202021", "0x7.0x0.EBX": "0x00000020"},
    }


def test_a_machine_without_a_processor_and_a_qemu_without_answers():
    with SimulatedPC(answers=qemu()) as guest:
        assert "@machine" not in cpu.collect(session(guest)).data
    with SimulatedPC() as guest:
        assert cpu.collect(session(guest)).status is SectionStatus.UNSUPPORTED
