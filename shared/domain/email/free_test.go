package email_test

import (
	"testing"

	"latchkey.dev/shared/domain/email"
)

func TestSenderT8MailHostsAtWhichAnybodyHasAnAddress(t *testing.T) {
	t.Parallel()
	for domain, want := range map[string]bool{
		"gmail.com": true, "x.gmail.com": true, "yahoo.co.jp": true, "gmx.de": true, "t-online.de": true, "posteo.net": true, "xtra.co.nz": true,
		"gmail.agency.com": false, "agency.com": false, "notgmail.com": false, "com": false, "": false,
	} {
		if got := email.Free(domain); got != want {
			t.Errorf("%q is a mail host: %v", domain, got)
		}
	}
}
