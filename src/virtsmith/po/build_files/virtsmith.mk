# Catalogues in their stored form. Written by `virtsmith po build-files`; `include` it in a makefile.
VIRTSMITH ?= virtsmith
prefix ?= /usr/local
localedir ?= $(prefix)/share/locale
PO_DOMAIN := <<domain>>
PO_DIRECTORY := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
# Where `update-po` puts full catalogues.
PO_FULL ?= $(PO_DIRECTORY)/full

install-po:
	$(VIRTSMITH) po install $(PO_DIRECTORY) --check --domain $(PO_DOMAIN) --localedir $(localedir) --destdir "$(DESTDIR)"

uninstall-po:
	rm -f "$(DESTDIR)$(localedir)"/*/LC_MESSAGES/$(PO_DOMAIN).mo

update-po:
	$(VIRTSMITH) po expand $(PO_DIRECTORY) --extract --to $(PO_FULL) --suffix .po

update-mini-po:
	$(VIRTSMITH) po minimize $(PO_FULL)/*.po --to $(PO_DIRECTORY) --suffix <<suffix>>

po-push:
	$(VIRTSMITH) po push $(PO_DIRECTORY)

po-pull:
	$(VIRTSMITH) po pull $(PO_DIRECTORY)

zanata-push: po-push

zanata-pull: po-pull

.PHONY: install-po uninstall-po update-po update-mini-po po-push po-pull zanata-push zanata-pull
