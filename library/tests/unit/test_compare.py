import pytest
from libvirtxml import XMLError, compare


def differences(old, new):
    return [str(item) for item in compare(old, new)]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("<a b='1'/>", "<a b='2'/>", ["/a[0]/@b: is '2', was '1'"]),
        ("<a b='0x1'/>", "<a b='1'/>", ["/a[0]/@b: is '1', was '0x1'"]),
        ("<a b='1'/>", "<a/>", ["/a[0]/@b: is missing, was '1'"]),
        ("<a/>", "<a b=''/>", ["/a[0]/@b: is new: ''"]),
        ("<a>x</a>", "<a>y</a>", ["/a[0]: text is 'y', was 'x'"]),
        ("<a>x</a>", "<a>x </a>", ["/a[0]: text is 'x ', was 'x'"]),
        ("<a>x</a>", "<a/>", ["/a[0]: text is empty, was 'x'"]),
        ("<a><b/><b/></a>", "<a><b/></a>", ["/a[0]/b[1]: is missing"]),
        ("<a><b/></a>", "<a><b/><c/></a>", ["/a[0]/c[0]: is new"]),
        (
            "<a><b/><c/></a>",
            "<a><c/><b/></a>",
            ["/a[0]: order of children differs from place 0 on: c b, was b c"],
        ),
        (
            "<a>x<b/>y</a>",
            "<a>xy<b/></a>",
            ["/a[0]: text is 'xy', was 'x' ... 'y'"],
        ),
        ("<a><b/><b c='1'/></a>", "<a><b/><b c='2'/></a>", ["/a[0]/b[1]/@c: is '2', was '1'"]),
        ("<a><!--x--></a>", "<a/>", ["/a[0]/comment()[0]: is missing"]),
        ("<a><!--x--></a>", "<a><!--y--></a>", ["/a[0]/comment()[0]: is 'y', was 'x'"]),
        ("<a><?p x?></a>", "<a><?p y?></a>", ["/a[0]/processing-instruction()[0]: is 'y', was 'x'"]),
        ("<!--x--><a/>", "<a/>", ["/comment()[0]: is missing"]),
        ("<a/><!--x-->", "<a/><!--y-->", ["/comment()[0]: is 'y', was 'x'"]),
        ("<a/>", "<b/>", ["/: the root element is <b>, was <a>"]),
        ("<a xmlns='u'/>", "<a xmlns='v'/>", ["/a[0]: is {v}a, was {u}a", "/a[0]/namespace::: is 'v', was 'u'"]),
        ("<p:a xmlns:p='u'/>", "<q:a xmlns:q='u'/>", ["/: the root element is <q:a>, was <p:a>"]),
        ("<a xmlns:p='u'/>", "<a/>", ["/a[0]/namespace::p: is missing, was 'u'"]),
        (
            "<a xmlns:p='u'><p:b/></a>",
            "<a><p:b xmlns:p='u'/></a>",
            ["/a[0]/namespace::p: is missing, was 'u'", "/a[0]/p:b[0]/namespace::p: is new: 'u'"],
        ),
        (
            "<a xmlns:p='u' p:b='1'/>",
            "<a xmlns:p='u' b='1'/>",
            ["/a[0]/@p:b: is missing, was '1'", "/a[0]/@b: is new: '1'"],
        ),
    ],
)
def test_every_kind_of_difference_is_found_and_named(old, new, found):
    assert differences(old, new) == found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<a b='1' c='2'/>", '<a c="2" b="1"></a>'),
        ("<a><b/></a>", "<?xml version='1.0'?>\n<a>\n  <b>\n  </b>\n</a>\n"),
        ("<a>&lt;x&#62;</a>", "<a><![CDATA[<x>]]></a>"),
        ("<a b='&quot;'/>", "<a b='\"'/>"),
    ],
)
def test_layout_spelling_of_markup_and_order_of_attributes_are_no_differences(old, new):
    assert differences(old, new) == []


def test_documents_that_nest_deeply_are_compared():
    old = "<a>" * 1500 + "x" + "</a>" * 1500
    assert len(compare(old, old.replace("x", "y"))) == 1


def test_what_is_not_well_formed_cannot_be_compared():
    with pytest.raises(XMLError, match="not well-formed"):
        compare("<a/>", "<a>")
